-- metric: batch_lines
-- title: Lines changed in a deployment
-- question: How much code does one deployment change?
-- why: Small deployments are understood before they are shipped; large ones are shipped and hoped for.
-- aggregate: median(lines_changed)
-- at: finished_at
-- unit: number
-- better: lower
-- events: deployments of known size
-- chart: ribbon
-- needs: deployments.lines_changed | changes.lines_changed
-- caveat: As the deployment says, else the sum of its known changes. Generated files and moved code count as lines too.

with

carried as (
    select
        deliveries.deployment_id,
        sum(changes.lines_changed) as lines_changed
    from deliveries
    inner join changes
        on deliveries.change_id = changes.change_id
    group by deliveries.deployment_id
),

sized as (
    select
        deployment_people.deployment_id,
        deployment_people.service,
        deployment_people.team,
        deployment_people.change_type,
        deployment_people.finished_at,
        coalesce(production_deployments.lines_changed, carried.lines_changed) as lines_changed
    from deployment_people
    inner join production_deployments
        on deployment_people.deployment_id = production_deployments.deployment_id
    left join carried
        on deployment_people.deployment_id = carried.deployment_id
)

select *
from sized
where lines_changed is not null
