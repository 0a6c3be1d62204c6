-- metric: incidents_to_review
-- title: Incidents that deserve a look
-- question: Which incidents are open, severe, long, or not caused by the nearest deployment?
-- why: These are where the numbers can teach or mislead.
-- aggregate: table
-- at: opened_at
-- unit: count
-- better: none
-- events: incidents
-- order: is_open desc, severity asc nulls last, lasted_s desc, incident_id asc
-- chart: none
-- needs: incidents
-- caveat: Open ones first, then by severity and length.

select
    incident_id,
    service,
    team,
    severity,
    opened_at,
    is_open,
    lasted_s,
    deployment_id as attributed_to,
    rule,
    case
        when nearest_deployment_id <> deployment_id then nearest_deployment_id
    end as nearer_deployment,
    title
from judged_incidents
where
    is_counted
    and (
        is_open
        or severity_rank <= 2
        or lasted_s > 86400
        or nearest_deployment_id <> deployment_id
    )
