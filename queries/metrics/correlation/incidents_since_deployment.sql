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

-- Watched services only, with their time beside each mark.
placed as (
    select
        marks.service,
        marks.at_us,
        marks.position,
        watched.from_us,
        watched.until_us,
        last_known(case when marks.position = 0 then marks.at_us end) over (
            partition by marks.service
            order by marks.at_us, marks.position
        ) as deployed_us,
        lead(marks.at_us) over (partition by marks.service order by marks.at_us, marks.position) as next_us
    from marks
    inner join watched
        on marks.service = watched.service
),

-- From one mark to the next nothing happens: a stretch of quiet that begins and ends so long after the deployment.
stretches as (
    select
        service,
        deployed_us,
        position,
        at_us - deployed_us as begins_us,
        least(coalesce(next_us, until_us), until_us) - deployed_us as ends_us
    from placed
    where
        deployed_us is not null
        and deployed_us >= from_us
        and at_us < until_us
),

-- What the whole of each service has stands beside each of its stretches.
shares as (
    select
        service,
        deployed_us,
        position,
        begins_us,
        ends_us,
        sum(position) over (partition by service) as service_incident_count,
        sum(ends_us - begins_us) over (partition by service) as service_exposed_us
    from stretches
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
        shares.service,
        shares.deployed_us / 86400000000 as day,
        limits.time_since_deployment,
        sum(least(shares.ends_us, limits.until_us) - greatest(shares.begins_us, limits.from_us)) as exposed_us,
        sum(
            case
                when shares.position = 1 and shares.begins_us >= limits.from_us then 1
                else 0
            end
        ) as incident_count,
        min(shares.service_incident_count) as service_incident_count,
        min(shares.service_exposed_us) as service_exposed_us
    from shares
    inner join limits
        on shares.begins_us < limits.until_us and shares.ends_us >= limits.from_us
    group by shares.service, shares.deployed_us / 86400000000, limits.time_since_deployment
)

select
    service,
    arrow_cast(day * 86400000000, 'Timestamp(Microsecond, Some("UTC"))') as since_at,
    time_since_deployment,
    exposed_us / 1000000.0 as exposed_s,
    incident_count,
    cast(service_incident_count as double) * exposed_us / service_exposed_us as expected_count
from by_day
where service_exposed_us > 0
