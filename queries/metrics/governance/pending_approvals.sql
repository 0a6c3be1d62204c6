-- metric: pending_approvals
-- title: Pending approvals
-- question: Which decisions are still open, and for how long?
-- why: A request that nobody answers is a release that nobody may start.
-- aggregate: table
-- unit: count
-- better: none
-- events: approvals not yet decided
-- order: waited_s desc, approval_id asc
-- chart: none
-- needs: approvals.requested_at | deployments.approved_at
-- caveat: As of now, longest first. Requests whose deployment is over are not waited for any more.

select
    approval_id,
    gate,
    service,
    team,
    environment,
    change_type,
    deployment_id,
    requested_at,
    waited_s
from approval_requests
where is_pending and waited_s >= 0
