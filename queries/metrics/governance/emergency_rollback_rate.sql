-- metric: emergency_rollback_rate
-- title: Rollbacks of emergencies, by approval
-- question: Are emergencies that nobody approved beforehand rolled back more often?
-- why: It tells what the shortcut costs, in the organisation's own history.
-- aggregate: rate(is_rolled_back)
-- by: approval
-- levels: beforehand, afterwards, not evidenced
-- at: finished_at
-- unit: ratio
-- better: lower
-- events: emergency deployments
-- flagged: were rolled back
-- chart: distribution
-- needs: deployments.change_type, rollbacks, approvals.approver | deployments.approved_by
-- caveat: Few cases, as a rule: look at the intervals. An approval without a time counts as given beforehand; what nobody recorded is not evidenced, which need not mean that nobody looked.

with

approved as (
    select
        deployment_id,
        min(first_decided_at) as first_decided_at
    from deployment_approvers
    group by deployment_id
)

select
    judged_deployments.deployment_id,
    judged_deployments.service,
    judged_deployments.team,
    judged_deployments.finished_at,
    judged_deployments.is_rolled_back,
    case
        when approved.deployment_id is null then 'not evidenced'
        when approved.first_decided_at > judged_deployments.finished_at then 'afterwards'
        else 'beforehand'
    end as approval
from judged_deployments
left join approved
    on judged_deployments.deployment_id = approved.deployment_id
where
    judged_deployments.change_type = 'emergency'
    and judged_deployments.status in ('succeeded', 'rolled_back')
