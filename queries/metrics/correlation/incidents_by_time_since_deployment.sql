-- metric: incidents_by_time_since_deployment
-- title: Incidents by time since the deployment
-- question: How soon after a deployment do the incidents attributed to it begin?
-- why: Early failures call for better checks before release, late ones for better watching after it.
-- aggregate: count()
-- by: time_since_deployment
-- levels: before its end, within 1 h, 1 to 4 h, 4 to 24 h, 1 to 3 days, later, not attributed
-- at: opened_at
-- unit: count
-- better: lower
-- events: incidents
-- chart: distribution
-- needs: deployments, incidents
-- caveat: Time from the end of the deployment to the opening of the incident; association, not proof of cause.

select
    incident_id,
    service,
    team,
    severity,
    opened_at,
    deployment_id,
    gap_s,
    case
        when gap_s is null then 'not attributed'
        when gap_s < 0 then 'before its end'
        when gap_s < 3600 then 'within 1 h'
        when gap_s < 14400 then '1 to 4 h'
        when gap_s < 86400 then '4 to 24 h'
        when gap_s < 259200 then '1 to 3 days'
        else 'later'
    end as time_since_deployment
from judged_incidents
where is_counted
