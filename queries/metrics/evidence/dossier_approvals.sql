-- metric: dossier_approvals
-- title: Approvals
-- question: Who decided what about each deployment, and when?
-- why: An approval is evidence only with its name, its gate and its time.
-- aggregate: table
-- at: finished_at
-- unit: count
-- better: none
-- events: decisions
-- order: finished_at asc, deployment_id asc, decided_at asc nulls last, approval_id asc nulls last
-- chart: none
-- needs: deployments, approvals.approval_id | deployments.approved_by
-- caveat: Approvals that name the deployment, or its ticket where they name no deployment; where approval_id is empty, the deployment's own record tells. Before the start means at it or earlier; where no start is recorded, the end stands for it.

with

own as (
    select
        deployment_id,
        cast(null as text) as approval_id,
        ticket_id,
        cast(null as text) as gate,
        approved_by as approver,
        cast(null as text) as role,
        requested_at,
        approved_at as decided_at,
        'approved' as decision,
        source_row
    from deployments
    where trim(approved_by) <> ''
),

recorded as (
    select
        deployment_id,
        approval_id,
        ticket_id,
        gate,
        approver,
        role,
        requested_at,
        decided_at,
        decision,
        source_row
    from deployment_approvals
),

decisions as (
    select * from own
    union all
    select * from recorded
)

select
    decisions.deployment_id,
    deployed.service,
    deployed.finished_at,
    decisions.approval_id,
    decisions.ticket_id,
    decisions.gate,
    decisions.approver,
    decisions.role,
    decisions.requested_at,
    decisions.decided_at,
    decisions.decision,
    decisions.decided_at <= coalesce(deployed.started_at, deployed.finished_at) as is_before_start,
    decisions.source_row
from decisions
inner join production_deployments as deployed
    on decisions.deployment_id = deployed.deployment_id
where deployed.status in ('succeeded', 'failed', 'rolled_back')
