-- metric: time_in_incidents
-- title: Time spent in incidents
-- question: How long did all incidents last together?
-- why: Many short incidents may cost as much as a long one.
-- aggregate: sum(lasted_s)
-- at: opened_at
-- unit: seconds
-- better: lower
-- events: incidents
-- counts: time from opened to resolved, summed over the incidents that began; one still open counts until now, and long forgotten ones rule the sum
-- chart: bars
-- needs: incidents
-- caveat: The sum over the incidents that began in the period, those at the same time counted each. One that is still open counts until now; one whose end is unknown does not count.

select
    incident_id,
    service,
    team,
    severity,
    opened_at,
    resolved_at,
    lasted_s,
    title
from judged_incidents
where is_counted and lasted_s is not null
