-- metric: rollback_rate
-- title: Rollback rate
-- question: What share of deployments was undone?
-- why: A rollback is the failure that the deployment log itself admits.
-- aggregate: rate(is_rolled_back)
-- at: finished_at
-- unit: ratio
-- better: lower
-- events: deployments
-- flagged: were rolled back
-- counts: {deployments} that were undone, of those that succeeded or were rolled back
-- chart: rate
-- needs: deployments, rollbacks
-- caveat: By status, by a record that names what it undoes, or by an earlier version that came back.

select
    deployment_id,
    service,
    team,
    change_type,
    strategy,
    version,
    finished_at,
    undone_at,
    is_rolled_back
from judged_deployments
where status in ('succeeded', 'rolled_back')
