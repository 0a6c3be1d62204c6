-- metric: customer_facing_rate
-- title: Incidents that customers saw
-- question: What share of incidents reached customers?
-- why: What only the team noticed costs less than what everybody saw.
-- aggregate: rate(is_customer_facing)
-- at: opened_at
-- unit: ratio
-- better: lower
-- events: incidents
-- flagged: reached customers
-- chart: rate
-- needs: incidents.is_customer_facing
-- caveat: Incidents of which nobody wrote down whether customers saw them are left out.

select
    judged_incidents.incident_id,
    judged_incidents.service,
    judged_incidents.team,
    judged_incidents.severity,
    judged_incidents.opened_at,
    incidents.is_customer_facing,
    judged_incidents.title
from judged_incidents
inner join incidents
    on judged_incidents.incident_id = incidents.incident_id
where judged_incidents.is_counted and incidents.is_customer_facing is not null
