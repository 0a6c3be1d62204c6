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
)

select
    judged_deployments.deployment_id,
    judged_deployments.service,
    judged_deployments.team,
    judged_deployments.finished_at,
    shipping.deployment_id is null as is_untracked
from judged_deployments
left join shipping
    on judged_deployments.deployment_id = shipping.deployment_id
where judged_deployments.status in ('succeeded', 'rolled_back')
