-- metric: item_conflict_rate
-- title: Deployments that shared an item with another
-- question: What share of deployments ran while another was on the same machine or program?
-- why: It shows whether the change calendar is kept apart where it matters.
-- aggregate: rate(is_in_conflict)
-- at: finished_at
-- unit: ratio
-- better: lower
-- events: deployments of known duration and items
-- flagged: shared an item with another
-- chart: rate
-- needs: items, deployments.started_at
-- caveat: Both sides of an overlap count; item_conflicts lists the pairs.

with

rollouts_with_items as (
    select distinct deployment_id
    from item_rollouts
),

in_conflict as (
    select deployment_id
    from overlapping_on_items
    union
    select other_deployment_id as deployment_id
    from overlapping_on_items
)

select
    deployment_people.deployment_id,
    deployment_people.service,
    deployment_people.team,
    deployment_people.change_type,
    deployment_people.finished_at,
    in_conflict.deployment_id is not null as is_in_conflict
from deployment_people
inner join rollouts_with_items
    on deployment_people.deployment_id = rollouts_with_items.deployment_id
left join in_conflict
    on deployment_people.deployment_id = in_conflict.deployment_id
