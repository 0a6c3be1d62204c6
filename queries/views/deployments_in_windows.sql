-- view: deployments_in_windows
-- about: Production deployments with each window of their scope that their rollout touched.
-- materialise: yes
-- needs: deployments, windows

with

rollouts_in_time as (
    select
        deployment_id,
        service,
        team,
        environment,
        region,
        -- A log that keeps no start tells of the end alone.
        least(started_at, finished_at) as began_at,
        finished_at
    from deployment_people
    where finished_at is not null
),

-- A start more than 31 days before the end is not believed, and the end alone told; `endless_rollouts` lists these.
believed as (
    select
        deployment_id,
        service,
        team,
        environment,
        region,
        case
            when cast(finished_at as bigint) - cast(began_at as bigint) > 2678400000000 then finished_at
            else began_at
        end as began_at,
        finished_at
    from rollouts_in_time
),

dated as (
    select
        *,
        cast(began_at as bigint) / 86400000000 as first_day,
        cast(finished_at as bigint) / 86400000000 as last_day
    from believed
),

-- Windows and rollouts meet on the days (UTC) that they touch, so that not each is held against every other. Few rollouts
-- last longer than a day.
rollout_days as (
    select
        *,
        first_day as day
    from dated
    union all
    select
        *,
        unnest(generate_series(first_day + 1, last_day)) as day
    from dated
    where last_day > first_day
),

reach as (
    select
        min(first_day) as first_day,
        max(last_day) as last_day
    from dated
),

-- However long a window is, only its days with rollouts matter.
window_days as (
    select
        windows.window_id,
        windows.kind,
        windows.name,
        windows.scope,
        windows.starts_at,
        windows.ends_at,
        cast(windows.starts_at as bigint) / 86400000000 as first_day,
        unnest(
            generate_series(
                greatest(cast(windows.starts_at as bigint) / 86400000000, reach.first_day),
                least((cast(windows.ends_at as bigint) - 1) / 86400000000, reach.last_day)
            )
        ) as day
    from windows
    cross join reach
    where windows.ends_at > windows.starts_at
)

select
    rollout_days.deployment_id,
    rollout_days.began_at,
    rollout_days.finished_at,
    window_days.window_id,
    window_days.kind,
    window_days.name,
    window_days.scope,
    window_days.starts_at,
    window_days.ends_at
from rollout_days
inner join window_days
    on rollout_days.day = window_days.day
where
    -- They meet on every day that both touch: told is the first of these.
    rollout_days.day = greatest(rollout_days.first_day, window_days.first_day)
    -- A window holds from its first moment up to its end, which is left out.
    and rollout_days.finished_at >= window_days.starts_at
    and rollout_days.began_at < window_days.ends_at
    and matches_scope(
        window_days.scope, rollout_days.service, rollout_days.team, rollout_days.environment, rollout_days.region
    )
