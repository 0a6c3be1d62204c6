-- check: approvals_after_the_fact
-- title: Approval comes before the start
-- why: An approval afterwards is a signature, not a decision; or two clocks disagree.

select
    deployment_id,
    service,
    approved_at,
    started_at,
    source_row
from deployments
where approved_at > started_at
order by deployment_id
