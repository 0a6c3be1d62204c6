-- metric: incidents_since_deployment
-- title: Incidents by time since the latest deployment
-- question: Do more incidents begin soon after a deployment than the same hours would see without one?
-- why: Most hours lie soon after a deployment where there are many; only the comparison with chance tells anything.
-- aggregate: ratio(incident_count, expected_count)
-- by: time_since_deployment
-- levels: within 1 h, 1 to 4 h, 4 to 12 h, 12 to 24 h, 1 to 3 days, 3 to 7 days, later
-- at: since_at
-- unit: number
-- better: lower
-- events: services and days of deployment
-- chart: time_to_event
-- needs: deployments, incidents
-- caveat: Expected is what each service's own number of incidents would put there if they came at any hour alike: its incidents times the share of its watched time. Busy hours of the day are not allowed for; incident_rate_ratio does that. Repairs begin no stretch. Association, not proof of cause.

with

-- Each service from its first deployment until its log ends, as service_exposure watches it.
watched as (
    select
        service,
        cast(min(starts_at) as bigint) as from_us,
        max(cast(starts_at as bigint) + cast(length_s * 1000000 as bigint)) as until_us
    from service_exposure
    group by service
),

marks as (
    select
        service,
        cast(finished_at as bigint) as at_us,
        -- At the same instant the deployment comes first: the incident may be its.
        0 as position
    from assessed_deployments
    where is_counted and not is_rework and finished_at is not null
    union all
    select
        service,
        cast(opened_at as bigint) as at_us,
        1 as position
    from judged_incidents
    where is_counted and service is not null
),

placed as (
    select
        service,
        at_us,
        position,
        last_value(case when position = 0 then at_us end) ignore nulls over (
            partition by service
            order by at_us, position
            rows between unbounded preceding and current row
        ) as deployed_us,
        lead(at_us) over (partition by service order by at_us, position) as next_us
    from marks
),

-- From one mark to the next nothing happens: a stretch of quiet that begins and ends so long after the deployment.
stretches as (
    select
        placed.service,
        placed.deployed_us,
        placed.position,
        placed.at_us - placed.deployed_us as begins_us,
        least(coalesce(placed.next_us, watched.until_us), watched.until_us) - placed.deployed_us as ends_us
    from placed
    inner join watched
        on placed.service = watched.service
    where
        placed.deployed_us is not null
        and placed.deployed_us >= watched.from_us
        and placed.at_us < watched.until_us
),

limits as (
    select
        unnest(make_array(0, 1, 4, 12, 24, 72, 168)) * 3600000000 as from_us,
        unnest(make_array(1, 4, 12, 24, 72, 168, 10000000)) * 3600000000 as until_us,
        unnest(
            make_array(
                'within 1 h', '1 to 4 h', '4 to 12 h', '12 to 24 h', '1 to 3 days', '3 to 7 days', 'later'
            )
        ) as time_since_deployment
),

-- Days (UTC) of deployment are enough to tell periods apart, and few.
by_day as (
    select
        stretches.service,
        stretches.deployed_us / 86400000000 as day,
        limits.time_since_deployment,
        sum(least(stretches.ends_us, limits.until_us) - greatest(stretches.begins_us, limits.from_us)) as exposed_us,
        sum(
            case
                when stretches.position = 1 and stretches.begins_us >= limits.from_us then 1
                else 0
            end
        ) as incident_count
    from stretches
    inner join limits
        on stretches.begins_us < limits.until_us and stretches.ends_us >= limits.from_us
    group by stretches.service, stretches.deployed_us / 86400000000, limits.time_since_deployment
),

own_rates as (
    select
        service,
        sum(incident_count) as incident_count,
        sum(exposed_us) as exposed_us
    from by_day
    group by service
)

select
    by_day.service,
    arrow_cast(by_day.day * 86400000000, 'Timestamp(Microsecond, Some("UTC"))') as since_at,
    by_day.time_since_deployment,
    by_day.exposed_us / 1000000.0 as exposed_s,
    by_day.incident_count,
    cast(own_rates.incident_count as double) * by_day.exposed_us / own_rates.exposed_us as expected_count
from by_day
inner join own_rates
    on by_day.service = own_rates.service
where own_rates.exposed_us > 0
