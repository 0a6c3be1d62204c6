-- metric: time_to_restore
-- title: Time to restore
-- question: How long does an incident last, whatever caused it?
-- why: Users feel the length of an incident, not its cause.
-- aggregate: survival_median(lasted_s, is_resolved)
-- statistic: recovery.statistic
-- at: opened_at
-- unit: seconds
-- better: lower
-- events: incidents
-- counts: incident opened to resolved, all incidents; {recovery_statistic}
-- chart: ribbon
-- needs: incidents
-- caveat: Incidents still open count as lasting at least until now; false alarms are left out.

select
    incident_id,
    service,
    team,
    severity,
    opened_at,
    resolved_at,
    not is_open as is_resolved,
    lasted_s
from judged_incidents
where is_counted
