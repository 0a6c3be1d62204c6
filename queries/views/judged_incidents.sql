-- view: judged_incidents
-- about: Incidents, each with its owner, its severity as a number and the deployment it is attributed to.
-- materialise: yes
-- needs: incidents

with

graded as (
    select
        *,
        -- 1 is worst; null where the severity is not known.
        case
            when severity like 'sev_'
                then try_cast(substr(severity, 4, 1) as bigint)
        end as severity_rank,
        -- A record that was closed without the time of its resolution was over by then at the latest.
        coalesce(resolved_at, closed_at) as over_at
    from incidents
),

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
    graded.incident_id,
    graded.service,
    service_owners.team,
    graded.severity,
    graded.severity_rank,
    graded.status,
    graded.title,
    graded.opened_at,
    graded.detected_at,
    graded.acknowledged_at,
    graded.resolved_at,
    graded.over_at,
    graded.over_at is null and coalesce(graded.status, 'open') not in ('resolved', 'closed') as is_open,
    coalesce(graded.is_false_alarm, false) as is_false_alarm,
    not coalesce(graded.is_false_alarm, false) as is_counted,
    -- Whether it makes a failure of the deployment that caused it. One of unknown severity does: leaving it out would
    -- flatter the number.
    not coalesce(graded.is_false_alarm, false)
    and (graded.severity_rank is null or graded.severity_rank <= $min_severity_rank) as is_failure,
    -- What is still open has lasted at least until now; how long one lasted that is over at an unknown time, nobody knows.
    case
        when graded.over_at is not null or coalesce(graded.status, 'open') not in ('resolved', 'closed')
            then (
                cast(coalesce(graded.over_at, $as_of) as bigint)
                - cast(graded.opened_at as bigint)
            ) / 1000000.0
    end as lasted_s,
    causes.deployment_id,
    coalesce(causes.rule, 'not attributed') as rule,
    causes.gap_s,
    causes.score,
    causes.evidence,
    nearest.nearest_deployment_id,
    graded.url,
    graded.source_row
from graded
left join service_owners
    on graded.service = service_owners.service
    and graded.opened_at >= service_owners.owned_from
    and graded.opened_at < service_owners.owned_until
left join causes
    on graded.incident_id = causes.incident_id
left join nearest
    on graded.incident_id = nearest.incident_id
