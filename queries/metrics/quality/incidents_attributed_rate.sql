-- metric: incidents_attributed_rate
-- title: Incidents attributed to a deployment
-- question: For what share of incidents is a causing deployment known?
-- why: What is not attributed counts against no deployment.
-- aggregate: rate(is_attributed)
-- at: opened_at
-- unit: ratio
-- better: none
-- events: incidents
-- flagged: were attributed
-- chart: rate
-- needs: deployments, incidents
-- caveat: A high share is no virtue by itself: incidents without a release behind them should stay unattributed.

select
    incident_id,
    service,
    team,
    opened_at,
    rule,
    deployment_id is not null as is_attributed
from judged_incidents
where is_counted
