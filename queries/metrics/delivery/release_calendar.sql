-- metric: release_calendar
-- title: Release calendar
-- question: On which days were releases made, when did incidents begin, and when was change frozen?
-- why: A rhythm, a rush before a freeze or a day that always goes wrong shows at a glance.
-- aggregate: table
-- at: first_at
-- unit: count
-- better: none
-- events: days
-- order: on_day asc
-- chart: calendar
-- needs: deployments
-- caveat: Days are local. A freeze is a window of kind freeze or fiscal_close, whatever its scope; of several on one day the first by name is told.

with

-- Windows as moments a day apart, so that each lies on every day that it touches.
frozen_moments as (
    select
        coalesce(name, window_id) as freeze,
        unnest(
            generate_series(cast(starts_at as bigint), cast(ends_at as bigint) - 1, 86400000000)
        ) as moment_us
    from windows
    where kind in ('freeze', 'fiscal_close') and ends_at > starts_at
    union all
    select
        coalesce(name, window_id) as freeze,
        cast(ends_at as bigint) - 1 as moment_us
    from windows
    where kind in ('freeze', 'fiscal_close') and ends_at > starts_at
),

moments as (
    select
        finished_at as at,
        1 as is_deployment,
        case when is_failed then 1 else 0 end as is_failed,
        0 as is_incident,
        cast(null as varchar) as freeze
    from judged_deployments
    where is_counted and finished_at is not null
    union all
    select
        opened_at as at,
        0 as is_deployment,
        0 as is_failed,
        1 as is_incident,
        cast(null as varchar) as freeze
    from judged_incidents
    where is_counted
    union all
    select
        arrow_cast(moment_us, 'Timestamp(Microsecond, Some("UTC"))') as at,
        0 as is_deployment,
        0 as is_failed,
        0 as is_incident,
        freeze
    from frozen_moments
)

select
    period_start(at, 'day') as on_day,
    min(at) as first_at,
    sum(is_deployment) as deployment_count,
    sum(is_failed) as failed_count,
    sum(is_incident) as incident_count,
    min(freeze) as freeze
from moments
group by period_start(at, 'day')
