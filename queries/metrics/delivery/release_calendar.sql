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

-- A calendar has no more days than the log and a year ahead, however long a window is said to be.
bounds as (
    select
        min(cast(finished_at as bigint)) as first_us,
        cast($as_of as bigint) + 366 * 86400000000 as last_us
    from judged_deployments
),

freezes as (
    select
        coalesce(windows.name, windows.window_id) as freeze,
        greatest(cast(windows.starts_at as bigint), bounds.first_us) as first_us,
        least(cast(windows.ends_at as bigint) - 1, bounds.last_us) as last_us
    from windows
    cross join bounds
    where windows.kind in ('freeze', 'fiscal_close') and windows.ends_at > windows.starts_at
),

-- Freezes as moments six hours apart: no local day is so short, so each freeze has a moment on every day that it touches.
frozen_moments as (
    select
        freeze,
        unnest(generate_series(first_us, last_us, 21600000000)) as moment_us
    from freezes
    where first_us <= last_us
    union all
    select
        freeze,
        last_us as moment_us
    from freezes
    where first_us <= last_us
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
