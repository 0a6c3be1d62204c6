-- metric: fail_rate_by_change_type
-- title: Known change fail rate by change type
-- question: Do emergencies fail more often than normal changes, and standard changes less?
-- why: A standard change earns its approval in advance by failing rarely; this is where it shows.
-- aggregate: rate(is_known_failed)
-- by: change_type
-- levels: standard, normal, emergency, unknown
-- at: finished_at
-- unit: ratio
-- better: lower
-- events: deployments
-- flagged: are known to have failed
-- counts: {deployments} {known_failed}, {counted}
-- chart: distribution
-- needs: deployments.change_type, failures
-- settles: attribution.window
-- caveat: Closeness in time does not count as a cause. Types differ in what they change as well as in how they are governed: a difference is no proof that the gate works.

select
    deployment_id,
    service,
    team,
    coalesce(change_type, 'unknown') as change_type,
    finished_at,
    is_known_failed
from judged_deployments
where is_counted
