-- view: approval_decisions
-- about: Every approval that was given for a deployment: of the approvals, by deployment or by ticket, and of the deployment's own record.
-- needs: approvals.approver | deployments.approved_by

with

decisions as (
    select
        deployment_id,
        approver,
        gate,
        decided_at,
        commit_sha
    from deployment_approvals
    where decision = 'approved'
    union all
    select
        deployment_id,
        approved_by as approver,
        null as gate,
        approved_at as decided_at,
        null as commit_sha
    from deployments
)

select
    deployment_id,
    -- Directories write a name in several ways; case and blanks around it do not make another person.
    lower(trim(approver)) as person,
    trim(approver) as approver,
    gate,
    decided_at,
    lower(trim(commit_sha)) as commit_sha
from decisions
where trim(approver) <> ''
