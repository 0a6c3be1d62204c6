-- metric: approval_latency
-- title: Approval latency
-- question: How long does a release wait for a decision at a gate?
-- why: Waiting for approval adds delay without adding work; only its own gate can shorten it.
-- aggregate: survival_median(waited_s, is_decided)
-- at: requested_at
-- unit: seconds
-- better: lower
-- events: approvals asked for
-- chart: ribbon
-- needs: approvals.requested_at | deployments.approved_at
-- caveat: From the request to the decision, whichever it was. What is still undecided has waited at least until now, or until its deployment was over. Gates of one release wait side by side, so their latencies do not add up; approval_wait_share counts each moment once.

select
    approval_id,
    deployment_id,
    service,
    team,
    environment,
    change_type,
    gate,
    requested_at,
    requested_hour,
    is_requested_in_working_time,
    decided_at,
    decision,
    is_decided,
    waited_s
from approval_requests
-- A decision before its request is a wrong clock.
where waited_s >= 0
