-- metric: incident_rate_ratio
-- title: Incident rate after deployments
-- question: How many times more often do incidents begin within 24 hours after a deployment than at other times?
-- why: Counting incidents after deployments proves nothing; counting them against the hours they had does.
-- aggregate: rate_ratio(service, length_s, is_exposed, incident_count)
-- at: starts_at
-- unit: number
-- better: lower
-- events: incidents
-- chart: none
-- needs: deployments, incidents
-- caveat: 1 is no difference. Each service is compared with itself; repairs open no window; the p of whole-week shifts allows for busy hours. Association, not proof of cause.

select
    service,
    team,
    starts_at,
    length_s,
    is_exposed,
    deployment_count,
    incident_count
from service_exposure
