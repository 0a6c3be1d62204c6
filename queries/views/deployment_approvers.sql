-- view: deployment_approvers
-- about: Who approved each deployment, one row a person: of the approvals and of the deployment's own record.
-- needs: approvals.approver | deployments.approved_by

-- Hardly anybody approves at more than one gate: only for those who did are the gates counted and listed.

select
    deployment_id,
    person,
    approver,
    case when first_gate is null then 0 else 1 end as gate_count,
    first_gate as gates,
    first_decided_at,
    last_decided_at
from approving_people
where first_gate is null or first_gate = last_gate

union all

select
    approval_decisions.deployment_id,
    approval_decisions.person,
    min(approval_decisions.approver) as approver,
    count(distinct approval_decisions.gate) as gate_count,
    string_agg(distinct approval_decisions.gate, ', ' order by approval_decisions.gate) as gates,
    min(approval_decisions.decided_at) as first_decided_at,
    max(approval_decisions.decided_at) as last_decided_at
from approving_people
inner join approval_decisions
    on approving_people.deployment_id = approval_decisions.deployment_id
    and approving_people.person = approval_decisions.person
where
    approving_people.first_gate < approving_people.last_gate
    -- A deployment's own record names no gate.
    and approval_decisions.gate is not null
group by approval_decisions.deployment_id, approval_decisions.person
