-- metric: untracked_deployments
-- title: Deployments without a known change
-- question: What share of production deployments ships changes that we cannot name?
-- why: Lead time is silent about them.
-- aggregate: rate(is_untracked)
-- at: finished_at
-- unit: ratio
-- better: lower
-- events: deployments
-- flagged: without a known change
-- chart: rate
-- needs: deployments, changes
-- caveat: Rollbacks and redeployments ship no new change and count here too.

with

shipping as (
    select distinct deployment_id
    from deliveries
),

-- Where several deployments count as one, a change of any of them is one of the whole.
shipping_units as (
    select distinct assessed_deployments.unit_id
    from shipping
    inner join assessed_deployments
        on shipping.deployment_id = assessed_deployments.deployment_id
)

select
    judged_deployments.deployment_id,
    judged_deployments.service,
    judged_deployments.team,
    judged_deployments.finished_at,
    shipping_units.unit_id is null as is_untracked
from judged_deployments
left join shipping_units
    on judged_deployments.unit_id = shipping_units.unit_id
where judged_deployments.status in ('succeeded', 'rolled_back')
