-- view: service_exposure
-- about: The time of each service since its first deployment, cut into stretches: within 24 hours after a deployment, or not.
-- materialise: yes
-- needs: deployments, incidents

with

-- A log knows nothing of the time after its last event: time since an old export is not quiet, it is unknown. A log of
-- rare events that begins or ends within a month of the other is taken to reach as far as it. A longer gap is another
-- matter: incidents were not yet written down, or one of the two exports is older.
deployment_log as (
    select
        min(cast(finished_at as bigint)) as begins_us,
        max(cast(finished_at as bigint)) as ends_us
    from assessed_deployments
),

incident_log as (
    select
        min(cast(opened_at as bigint)) as begins_us,
        max(cast(opened_at as bigint)) as ends_us
    from judged_incidents
),

observed as (
    select
        case
            when incident_log.begins_us > deployment_log.begins_us + 31 * 86400000000 then incident_log.begins_us
            else deployment_log.begins_us
        end as from_us,
        least(
            case
                when abs(incident_log.ends_us - deployment_log.ends_us) > 31 * 86400000000
                    then least(incident_log.ends_us, deployment_log.ends_us)
                else greatest(incident_log.ends_us, deployment_log.ends_us)
            end + 1,
            cast($as_of as bigint)
        ) as until_us
    from deployment_log
    cross join incident_log
),

islands as (
    select
        service,
        team,
        cast(starts_at as bigint) as from_us,
        cast(ends_at as bigint) as until_us,
        deployment_count
    from exposed_islands
),

-- Stretches end where a week or a month begins (UTC), so that each lies in the period to which it belongs. The first day
-- of 1970 was a Thursday.
days as (
    select unnest(generate_series(from_us / 86400000000 + 1, until_us / 86400000000)) as day
    from observed
),

period_beginnings as (
    select day * 86400000000 as at_us
    from days
    where day % 7 = 4 or date_part('day', arrow_cast(day * 86400, 'Timestamp(Second, None)')) = 1
),

services_seen as (
    select distinct service
    from islands
),

points as (
    select
        service,
        team,
        from_us as at_us,
        until_us as exposed_until_us,
        deployment_count,
        0 as incident_count
    from islands
    union all
    select
        service,
        null as team,
        until_us as at_us,
        null as exposed_until_us,
        0 as deployment_count,
        0 as incident_count
    from islands
    union all
    select
        service,
        null as team,
        cast(opened_at as bigint) as at_us,
        null as exposed_until_us,
        0 as deployment_count,
        1 as incident_count
    from judged_incidents
    where is_counted and service is not null
    union all
    select
        services_seen.service,
        null as team,
        period_beginnings.at_us,
        null as exposed_until_us,
        0 as deployment_count,
        0 as incident_count
    from services_seen
    cross join period_beginnings
),

merged as (
    select
        points.service,
        min(points.team) as team,
        points.at_us,
        max(points.exposed_until_us) as exposed_until_us,
        sum(points.deployment_count) as deployment_count,
        sum(points.incident_count) as incident_count
    from points
    group by points.service, points.at_us
),

timeline as (
    select
        service,
        last_known(team) over (partition by service order by at_us) as team,
        at_us,
        lead(at_us) over (partition by service order by at_us) as next_us,
        running_max(exposed_until_us) over (partition by service order by at_us) as exposed_until_us,
        deployment_count,
        incident_count
    from merged
)

select
    timeline.service,
    timeline.team,
    arrow_cast(timeline.at_us, 'Timestamp(Microsecond, Some("UTC"))') as starts_at,
    (least(coalesce(timeline.next_us, observed.until_us), observed.until_us) - timeline.at_us) / 1000000.0 as length_s,
    timeline.at_us < timeline.exposed_until_us as is_exposed,
    timeline.deployment_count,
    timeline.incident_count
from timeline
cross join observed
where
    -- Before its first deployment a service is not watched.
    timeline.exposed_until_us is not null
    and timeline.at_us >= observed.from_us
    and timeline.at_us < observed.until_us
