-- metric: deployment_frequency
-- title: Deployment frequency
-- question: How often do changes reach users?
-- why: Small, frequent releases are easier to understand, to repair and to undo.
-- aggregate: frequency()
-- statistic: frequency.statistic
-- at: finished_at
-- unit: per_week
-- better: higher
-- events: successful deployments
-- counts: {frequency}
-- chart: bars
-- bands: deployment_frequency
-- needs: deployments
-- caveat: Each deployment of a service counts whose record says succeeded, also one that was undone later.

select
    deployment_id,
    service,
    team,
    change_type,
    category,
    strategy,
    finished_at
from judged_deployments
where status = 'succeeded'
