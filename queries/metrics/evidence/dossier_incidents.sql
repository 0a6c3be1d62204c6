-- metric: dossier_incidents
-- title: Incidents
-- question: Which incidents are attributed to each deployment, by which rule and on what evidence?
-- why: A failure that is attributed must be open to challenge.
-- aggregate: table
-- at: finished_at
-- unit: count
-- better: none
-- events: incidents
-- order: finished_at asc, deployment_id asc, opened_at asc, incident_id asc
-- chart: none
-- needs: deployments, incidents
-- caveat: Closeness in time links an incident without proof; the rule says so. False alarms are left out.

select
    incidents.deployment_id,
    deployment_people.service,
    deployment_people.finished_at,
    incidents.incident_id,
    incidents.rule,
    incidents.evidence,
    incidents.gap_s,
    incidents.score,
    incidents.severity,
    incidents.status,
    incidents.opened_at,
    incidents.resolved_at,
    incidents.title,
    incidents.url,
    incidents.source_row
from judged_incidents as incidents
inner join deployment_people
    on incidents.deployment_id = deployment_people.deployment_id
where incidents.is_counted
