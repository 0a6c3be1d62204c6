-- metric: batch_size
-- title: Batch size
-- question: How many changes does one deployment carry?
-- why: The more a deployment carries, the harder it is to see what broke.
-- aggregate: median(change_count)
-- at: finished_at
-- unit: number
-- better: lower
-- events: deployments with a known change
-- chart: ribbon
-- needs: deployments, changes
-- caveat: Deployments whose changes are not known are left out; untracked_deployments counts them.

with

carried as (
    select
        deployment_id,
        count(*) as change_count
    from deliveries
    group by deployment_id
)

select
    deployment_people.deployment_id,
    deployment_people.service,
    deployment_people.team,
    deployment_people.change_type,
    deployment_people.finished_at,
    carried.change_count
from deployment_people
inner join carried
    on deployment_people.deployment_id = carried.deployment_id
