-- metric: deployments_outside_change_windows
-- title: Normal changes outside their change window
-- question: Which changes ran outside the windows that were set for them?
-- why: A change window is where people stand ready to repair.
-- aggregate: table
-- at: finished_at
-- unit: count
-- better: none
-- events: deployments outside their change window
-- order: finished_at asc, deployment_id asc
-- chart: none
-- needs: deployments, windows
-- caveat: Normal changes, and those of unknown type, whose service, team, environment or region has change windows, from the first of them to the end of the last. Standard changes and emergencies may run at any time. The whole rollout must lie within one window; one that ends with it does.

with

calendars as (
    select
        scope,
        min(starts_at) as first_at,
        max(ends_at) as last_at
    from windows
    where kind = 'change_window' and ends_at > starts_at
    group by scope
),

placed as (
    select
        *,
        concat_ws(' / ', service, coalesce(team, ''), environment, coalesce(region, '')) as place
    from production_deployments
),

-- Few places and few scopes: these may be held against each other.
places as (
    select
        place,
        min(service) as service,
        min(team) as team,
        min(environment) as environment,
        min(region) as region
    from placed
    group by place
),

governed as (
    select
        places.place,
        min(calendars.first_at) as first_at,
        max(calendars.last_at) as last_at
    from places
    cross join calendars
    where matches_scope(calendars.scope, places.service, places.team, places.environment, places.region)
    group by places.place
),

touched as (
    select
        deployment_id,
        bool_or(began_at >= starts_at and finished_at <= ends_at) as is_within,
        min(window_id) as window_id
    from deployments_in_windows
    where kind = 'change_window'
    group by deployment_id
)

select
    placed.deployment_id,
    placed.service,
    placed.team,
    placed.change_type,
    placed.started_at,
    placed.finished_at,
    touched.window_id,
    case when touched.window_id is null then 'outside' else 'partly outside' end as verdict,
    placed.source_row
from placed
inner join governed
    on placed.place = governed.place
left join touched
    on placed.deployment_id = touched.deployment_id
where
    placed.status in ('succeeded', 'failed', 'rolled_back')
    and coalesce(placed.change_type, 'unknown') in ('normal', 'unknown')
    and placed.finished_at >= governed.first_at
    and placed.finished_at < governed.last_at
    and not coalesce(touched.is_within, false)
