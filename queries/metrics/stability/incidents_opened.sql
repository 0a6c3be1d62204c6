-- metric: incidents_opened
-- title: Incidents
-- question: How many incidents began?
-- why: Every one of them took somebody from other work, whatever its cause.
-- aggregate: count()
-- at: opened_at
-- unit: count
-- better: lower
-- events: incidents
-- chart: bars
-- needs: incidents
-- caveat: False alarms are left out. How many are written down also depends on who writes them down.

select
    incident_id,
    service,
    team,
    severity,
    opened_at,
    is_open,
    title
from judged_incidents
where is_counted
