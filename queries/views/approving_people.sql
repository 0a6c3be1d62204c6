-- view: approving_people
-- about: Each person who approved a deployment, once, with the first and the last of the gates by name and by time.
-- materialise: yes
-- needs: approvals.approver | deployments.approved_by

select
    deployment_id,
    person,
    min(approver) as approver,
    min(gate) as first_gate,
    max(gate) as last_gate,
    min(decided_at) as first_decided_at,
    max(decided_at) as last_decided_at
from approval_decisions
group by deployment_id, person
