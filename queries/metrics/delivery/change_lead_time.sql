-- metric: change_lead_time
-- title: Change lead time
-- question: How long does a change take from its first commit to production?
-- why: A short way to production is a short way to learning, and to repair.
-- aggregate: median(lead_s)
-- statistic: lead_time.statistic
-- at: deployed_at
-- unit: seconds
-- better: lower
-- events: changes delivered
-- counts: {lead}
-- chart: ribbon
-- bands: change_lead_time
-- needs: deployments, changes
-- caveat: Changes that never reached production have no lead time; undelivered_changes counts them. A deployment before the first commit is a wrong clock and left out. Where nobody tells the first commit of a change, its lead time begins when it was opened; `measured_from` says which.

select
    change_id,
    deployment_id,
    rule,
    service,
    team,
    committed_at,
    deployed_at,
    measured_from,
    lead_s
from delivered_changes
where lead_s >= 0
