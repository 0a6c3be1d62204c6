-- metric: change_fail_rate
-- title: Change fail rate
-- question: What share of production deployments needed immediate repair?
-- why: Speed means little if releases keep breaking.
-- aggregate: rate(is_failed)
-- at: finished_at
-- unit: ratio
-- better: lower
-- events: deployments
-- flagged: failed
-- chart: rate
-- bands: change_fail_rate
-- needs: deployments, incidents | rollbacks
-- settles: attribution.window
-- caveat: Deployments younger than the attribution window may still fail; such periods are marked.

select
    deployment_id,
    service,
    team,
    change_type,
    category,
    strategy,
    status,
    finished_at,
    is_failed,
    failure_rule,
    incident_count
from judged_deployments
where is_counted
