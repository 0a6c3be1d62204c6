-- view: item_rollouts
-- about: Rollouts to production with a known start on each configuration item that they touch, and the days that they reach over.
-- needs: items, deployments.started_at

with

touching as (
    select
        items.item,
        deployments.deployment_id,
        deployments.service,
        deployments.release_id,
        deployments.started_at,
        deployments.finished_at,
        cast(deployments.started_at as bigint) / 86400000000 as first_day,
        (cast(deployments.finished_at as bigint) - 1) / 86400000000 as last_day
    from deployments
    inner join items
        on deployments.deployment_id = items.deployment_id
    where
        deployments.is_production
        and deployments.finished_at > deployments.started_at
        -- Work on an item may go on for months. A start more than a year before the end is not believed; the check
        -- `endless_rollouts` lists these too.
        and cast(deployments.finished_at as bigint) - cast(deployments.started_at as bigint) <= 31622400000000
)

select
    *,
    first_day as day
from touching
union all
-- Few rollouts last longer than a day.
select
    *,
    unnest(generate_series(first_day + 1, last_day)) as day
from touching
where last_day > first_day
