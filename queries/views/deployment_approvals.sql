-- view: deployment_approvals
-- about: Each approval with each deployment that it is for: the one that it names, else those of its ticket in its environment.
-- needs: approvals

select
    deployment_id,
    false as is_by_ticket,
    approval_id,
    ticket_id,
    environment,
    gate,
    approver,
    role,
    requested_at,
    decided_at,
    decision,
    commit_sha,
    source_row
from approvals
where deployment_id is not null

union all

select
    deployments.deployment_id,
    true as is_by_ticket,
    approvals.approval_id,
    approvals.ticket_id,
    approvals.environment,
    approvals.gate,
    approvals.approver,
    approvals.role,
    approvals.requested_at,
    approvals.decided_at,
    approvals.decision,
    approvals.commit_sha,
    approvals.source_row
from approvals
inner join deployments
    on approvals.ticket_id = deployments.ticket_id
where
    approvals.deployment_id is null
    -- One that names no environment is for all.
    and coalesce(lower(approvals.environment) = lower(deployments.environment), true)
