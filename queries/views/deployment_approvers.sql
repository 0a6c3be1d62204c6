-- view: deployment_approvers
-- about: Who approved each deployment, one row a person: of the approvals and of the deployment's own record.
-- needs: approvals.approver | deployments.approved_by

with

decisions as (
    select
        approvals.deployment_id,
        approvals.approver,
        approvals.gate,
        approvals.decided_at
    from approvals
    where approvals.deployment_id is not null and approvals.decision = 'approved'
    union all
    select
        deployments.deployment_id,
        approvals.approver,
        approvals.gate,
        approvals.decided_at
    from approvals
    inner join deployments
        on approvals.ticket_id = deployments.ticket_id
    where
        approvals.deployment_id is null
        and approvals.decision = 'approved'
        and coalesce(lower(approvals.environment) = lower(deployments.environment), true)
    union all
    select
        deployment_id,
        approved_by as approver,
        null as gate,
        approved_at as decided_at
    from deployments
)

select
    deployment_id,
    -- Directories write a name in several ways; case and blanks around it do not make another person.
    lower(trim(approver)) as person,
    min(trim(approver)) as approver,
    count(distinct gate) as gate_count,
    string_agg(distinct gate, ', ' order by gate) as gates,
    min(decided_at) as first_decided_at,
    max(decided_at) as last_decided_at
from decisions
where trim(approver) <> ''
group by deployment_id, lower(trim(approver))
