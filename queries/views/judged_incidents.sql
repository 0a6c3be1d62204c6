-- view: judged_incidents
-- about: Incidents, each with its owner, its severity as a number and the deployment it is attributed to.
-- materialise: yes

with

causes as (
    select
        incident_id,
        deployment_id,
        rule,
        gap_s,
        score,
        evidence
    from attributions
    where is_primary
),

-- Where several deployments might have caused it, the nearest one in time is worth naming too.
nearest as (
    select
        incident_id,
        min(deployment_id) as nearest_deployment_id
    from attributions
    where rule = 'proximity'
    group by incident_id
)

select
    incidents.incident_id,
    incidents.service,
    service_owners.team,
    incidents.severity,
    -- 1 is worst; null where the severity is not known.
    case
        when incidents.severity like 'sev_'
            then cast(substr(incidents.severity, 4, 1) as bigint)
    end as severity_rank,
    incidents.status,
    incidents.title,
    incidents.opened_at,
    incidents.detected_at,
    incidents.acknowledged_at,
    incidents.resolved_at,
    incidents.resolved_at is null as is_open,
    coalesce(incidents.is_false_alarm, false) as is_false_alarm,
    -- An incident of unknown severity counts: leaving it out would flatter the number.
    not coalesce(incidents.is_false_alarm, false)
    and (
        incidents.severity not like 'sev_'
        or incidents.severity is null
        or cast(substr(incidents.severity, 4, 1) as bigint) <= $min_severity_rank
    ) as is_counted,
    -- What is still open has lasted at least until now.
    (
        cast(coalesce(incidents.resolved_at, $as_of) as bigint)
        - cast(incidents.opened_at as bigint)
    ) / 1000000.0 as lasted_s,
    causes.deployment_id,
    coalesce(causes.rule, 'not attributed') as rule,
    causes.gap_s,
    causes.score,
    causes.evidence,
    nearest.nearest_deployment_id,
    incidents.url,
    incidents.source_row
from incidents
left join service_owners
    on incidents.service = service_owners.service
left join causes
    on incidents.incident_id = causes.incident_id
left join nearest
    on incidents.incident_id = nearest.incident_id
