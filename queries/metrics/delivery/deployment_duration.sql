-- metric: deployment_duration
-- title: Deployment duration
-- question: How long does a rollout take?
-- why: A slow rollout is a slow rollback.
-- aggregate: median(duration_s)
-- at: finished_at
-- unit: seconds
-- better: lower
-- events: finished deployments
-- chart: ribbon
-- needs: deployments.started_at
-- caveat: Cancelled deployments are left out; failed ones took their time and count.

select
    deployment_id,
    service,
    team,
    strategy,
    status,
    started_at,
    finished_at,
    duration_s
from judged_deployments
where duration_s >= 0
