-- metric: open_incidents
-- title: Open incidents
-- question: Which incidents are not over, and since when?
-- why: What hurts now comes before what is reported.
-- aggregate: table
-- unit: count
-- better: none
-- events: incidents that are not over
-- order: severity asc nulls last, lasted_s desc, incident_id asc
-- chart: none
-- needs: incidents
-- caveat: As of now, worst first; false alarms are left out. One without a resolution whose status says nothing counts as open.

select
    incident_id,
    service,
    team,
    severity,
    status,
    opened_at,
    lasted_s,
    deployment_id as attributed_to,
    title
from judged_incidents
where is_open and is_counted
