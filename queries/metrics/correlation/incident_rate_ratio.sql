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
-- caveat: 1 is no difference. Each service is compared with itself in the same four weeks, where it was deployed in them and had other time; other incidents are counted apart. Repairs open no window. shift_p moves incidents by whole weeks within four, which allows for busy hours and for growth, but not for what comes and goes within a month, such as a launch. Association, not proof of cause.

select
    service,
    team,
    starts_at,
    length_s,
    is_exposed,
    deployment_count,
    incident_count
from service_exposure
