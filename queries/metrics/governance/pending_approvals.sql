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
-- looks_back: all
-- caveat: As of the end of the period, or now, longest first. Requests whose deployment is over are not waited for any more.

select
    approval_id,
    gate,
    service,
    team,
    environment,
    change_type,
    deployment_id,
    requested_at,
    (cast($until_at as bigint) - cast(requested_at as bigint)) / 1000000.0 as waited_s
from approval_requests
-- Decided later, or its deployment over later, it was still waited for then.
where
    requested_at <= $until_at
    and coalesce(decided_at >= $until_at, true)
    and coalesce(finished_at >= $until_at, true)
