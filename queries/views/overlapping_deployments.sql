-- view: overlapping_deployments
-- about: Pairs of rollouts that ran at the same time in one environment, of one service or of services that depend on one another.
-- materialise: yes
-- needs: deployments.started_at

with

rollouts_in_time as (
    select
        deployment_id,
        service,
        environment,
        region,
        release_id,
        started_at,
        finished_at,
        cast(started_at as bigint) / 3600000000 as first_hour,
        (cast(finished_at as bigint) - 1) / 3600000000 as last_hour
    from deployments
    where
        finished_at > started_at
        -- A start more than 31 days before the end is not believed; the check `endless_rollouts` lists these.
        and cast(finished_at as bigint) - cast(started_at as bigint) <= 2678400000000
),

-- Rollouts meet in the hours that they touch, so that not each is held against every other.
hours as (
    select
        *,
        first_hour as hour
    from rollouts_in_time
    union all
    select
        *,
        unnest(generate_series(first_hour + 1, last_hour)) as hour
    from rollouts_in_time
    where last_hour > first_hour
),

related as (
    select
        service,
        service as other_service,
        'same service' as relation
    from rollouts_in_time
    group by service
    union all
    select
        service,
        depends_on as other_service,
        'depends on it' as relation
    from dependencies
    where service <> depends_on
)

select
    one.deployment_id,
    one.service,
    one.environment,
    related.relation,
    other.deployment_id as other_deployment_id,
    other.service as other_service,
    greatest(one.started_at, other.started_at) as overlap_from_at,
    least(one.finished_at, other.finished_at) as overlap_until_at
from hours as one
inner join related
    on one.service = related.service
inner join hours as other
    on related.other_service = other.service
    and lower(one.environment) = lower(other.environment)
    and one.hour = other.hour
where
    one.started_at < other.finished_at
    and other.started_at < one.finished_at
    -- They meet in every hour that both touch: told is the first of these.
    and one.hour = greatest(one.first_hour, other.first_hour)
    -- Each pair of one service once; another region is another place.
    and (related.relation <> 'same service' or one.deployment_id < other.deployment_id)
    and coalesce(one.region = other.region, true)
    -- What goes out as one release was meant to go out together.
    and (related.relation = 'same service' or coalesce(one.release_id <> other.release_id, true))
