-- metric: known_fail_rate
-- title: Known change fail rate
-- question: What share of deployments is known to have failed, without those that only an incident soon after suggests?
-- why: A busy hour or a troubled service has incidents after any deployment; a comparison must not punish that.
-- aggregate: rate(is_known_failed)
-- at: finished_at
-- unit: ratio
-- better: lower
-- events: deployments
-- flagged: are known to have failed
-- counts: {deployments} {known_failed}, {counted}
-- chart: rate
-- needs: deployments, known failures
-- settles: attribution.window
-- caveat: A lower bound: rollbacks, and incidents that name the deployment, its version or commit, or that a rollback ended.

select
    deployment_id,
    service,
    team,
    change_type,
    category,
    strategy,
    finished_at,
    is_failed,
    is_known_failed
from judged_deployments
where is_counted
