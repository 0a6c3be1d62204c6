-- release: approvals
-- title: Approvals
-- needs: approvals | deployments.approved_by
-- empty: No approval is on record.

with

lens as (
    select *
    from deployments
    where
        case $lens
            when 'release' then release_id
            when 'version' then version
            else deployment_id
        end = $name
        and ($service = '' or service = $service)
),

recorded as (
    select
        deployment_approvals.approval_id,
        lens.deployment_id,
        deployment_approvals.gate,
        deployment_approvals.approver,
        deployment_approvals.role,
        deployment_approvals.requested_at,
        deployment_approvals.decided_at,
        deployment_approvals.decision,
        lens.finished_at,
        lens.deployed_by
    from lens
    inner join deployment_approvals
        on lens.deployment_id = deployment_approvals.deployment_id
),

-- Where no approval is on record, the deployment's own may say who gave it.
own as (
    select
        cast(null as varchar) as approval_id,
        lens.deployment_id,
        'deployment record' as gate,
        lens.approved_by as approver,
        cast(null as varchar) as role,
        lens.requested_at,
        lens.approved_at as decided_at,
        'approved' as decision,
        lens.finished_at,
        lens.deployed_by
    from lens
    left anti join recorded
        on lens.deployment_id = recorded.deployment_id
    where lens.approved_by is not null
),

everything as (
    select * from recorded
    union all
    select * from own
)

select
    approval_id,
    deployment_id,
    gate,
    approver,
    role,
    decision,
    requested_at,
    decided_at,
    (cast(decided_at as bigint) - cast(requested_at as bigint)) / 1000000.0 as waited_s,
    decided_at > finished_at as is_after_the_fact,
    lower(trim(approver)) = lower(trim(deployed_by)) as is_own_deployment
from everything
order by decided_at asc nulls last, approval_id asc nulls last, deployment_id asc
