-- check: incidents_without_service
-- title: Every incident names its service
-- why: Without a service an incident can only be attributed by name.

select
    incident_id,
    opened_at,
    source_row
from incidents
where service is null
order by incident_id
