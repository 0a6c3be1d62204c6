-- view: deployment_approvers
-- about: Who approved each deployment, one row a person: of the approvals and of the deployment's own record.
-- needs: approvals.approver | deployments.approved_by

select
    deployment_id,
    person,
    min(approver) as approver,
    count(distinct gate) as gate_count,
    string_agg(distinct gate, ', ' order by gate) as gates,
    min(decided_at) as first_decided_at,
    max(decided_at) as last_decided_at
from approval_decisions
group by deployment_id, person
