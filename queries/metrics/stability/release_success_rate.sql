-- metric: release_success_rate
-- title: Release success rate
-- question: What share of finished deployments simply worked?
-- why: It counts what the change fail rate leaves out: deployments that never took effect.
-- aggregate: rate(is_success)
-- at: finished_at
-- unit: ratio
-- better: higher
-- events: finished deployments
-- flagged: succeeded
-- counts: {deployments} that succeeded, were not undone and had no sev1 or sev2 incident, of those that finished
-- chart: rate
-- needs: deployments
-- settles: attribution.window
-- caveat: Succeeded, not rolled back and without an attributed sev1 or sev2 incident; cancelled deployments did not finish.

select
    deployment_id,
    service,
    team,
    change_type,
    strategy,
    status,
    finished_at,
    status = 'succeeded'
    and not is_rolled_back
    and coalesce(worst_severity_rank, 5) > 2 as is_success
from judged_deployments
where status in ('succeeded', 'failed', 'rolled_back')
