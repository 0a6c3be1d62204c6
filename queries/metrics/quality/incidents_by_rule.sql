-- metric: incidents_by_rule
-- title: Incidents by rule of attribution
-- question: How do we know which deployment caused an incident?
-- why: A named cause is better than a near one.
-- aggregate: count()
-- by: rule
-- levels: explicit, version, rollback, proximity, dependency, latest, not attributed
-- at: opened_at
-- unit: count
-- better: none
-- events: incidents
-- chart: distribution
-- needs: deployments, incidents
-- caveat: Rules are tried in this order; an incident has at most one primary deployment.

select
    incident_id,
    service,
    team,
    severity,
    opened_at,
    deployment_id,
    rule,
    score,
    evidence
from judged_incidents
where is_counted
