-- view: exposed_islands
-- about: The time within 24 hours after deployments of each service; deployments that follow one another sooner share theirs.
-- materialise: yes
-- needs: deployments, incidents

with

-- Every deployment of every service, also where the definitions count a whole release as one: each disturbs its own.
marks as (
    select
        service,
        team,
        cast(finished_at as bigint) as at_us,
        -- At the same instant the deployment comes first: the incident may be its.
        0 as position,
        is_rework,
        cast(null as bigint) as open_until_us
    from assessed_deployments
    where is_counted and finished_at is not null
    union all
    select
        service,
        null as team,
        cast(opened_at as bigint) as at_us,
        1 as position,
        false as is_rework,
        -- One that stays open for more than a week is no longer what deployments are made for.
        cast(opened_at as bigint) + cast(least(coalesce(lasted_s, 0), 604800) * 1000000 as bigint) as open_until_us
    from judged_incidents
    where is_counted and service is not null
),

disturbed as (
    select
        service,
        team,
        at_us,
        position,
        is_rework,
        running_max(open_until_us) over (partition by service order by at_us, position) as disturbed_until_us
    from marks
),

-- Repairs follow incidents; they must not look like their cause. What was deployed while an incident of the service was
-- open is taken for a repair, whatever its record says.
openings as (
    select
        service,
        team,
        at_us,
        lag(at_us) over (partition by service order by at_us) as earlier_us
    from disturbed
    where
        position = 0
        and not is_rework
        and (disturbed_until_us is null or disturbed_until_us < at_us)
),

-- The last deployment that came more than 24 hours after the one before begins the island.
told_apart as (
    select
        service,
        team,
        at_us,
        running_max(case when at_us - earlier_us <= 86400000000 then null else at_us end) over (
            partition by service
            order by at_us
        ) as from_us
    from openings
)

select
    service,
    min(team) as team,
    count(*) as deployment_count,
    arrow_cast(from_us, 'Timestamp(Microsecond, Some("UTC"))') as starts_at,
    arrow_cast(max(at_us) + 86400000000, 'Timestamp(Microsecond, Some("UTC"))') as ends_at
from told_apart
group by service, from_us
