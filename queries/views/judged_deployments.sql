-- view: judged_deployments
-- about: Deployments to production as the definitions count them: each one, or all of a version or a release as one.
-- materialise: yes
-- needs: deployments

with

each as (
    select *
    from assessed_deployments
    where $unit = 'service'
),

parts as (
    select
        *,
        -- A release is there when the last of its deployments is; a version when the first is, for the same one may
        -- come back much later.
        row_number() over (
            partition by unit_id
            order by
                is_counted desc,
                case when $unit = 'version' then finished_at end asc,
                finished_at desc nulls last,
                deployment_id asc
        ) as place
    from assessed_deployments
    where $unit <> 'service'
),

wholes as (
    select
        unit_id,
        sum(incident_count) as incident_count,
        sum(known_incident_count) as known_incident_count,
        min(worst_severity_rank) as worst_severity_rank,
        min(first_incident_at) as first_incident_at,
        -- The first rule that holds, in the order in which a single deployment is judged.
        min(
            case failure_rule
                when 'rollback' then 1
                when 'incident' then 2
                when 'status' then 3
                when 'revert' then 4
            end
        ) as failure_rule_rank,
        -- What the parts do not share is not known of the whole.
        case when min(service) = max(service) then min(service) end as service,
        case when min(team) = max(team) then min(team) end as team,
        case when min(region) = max(region) then min(region) end as region,
        case when min(version) = max(version) then min(version) end as version,
        bool_or(is_rolled_back) as is_rolled_back,
        bool_or(is_undoing) as is_undoing,
        bool_or(is_reverted) as is_reverted,
        bool_or(is_failed) as is_failed,
        bool_or(is_known_failed) as is_known_failed,
        bool_or(is_counted) as is_counted,
        bool_or(is_rework) as is_rework,
        sum(lines_changed) as lines_changed,
        count(*) as part_count
    from parts
    group by unit_id
)

select
    deployment_id,
    unit_id,
    1 as part_count,
    service,
    team,
    environment,
    region,
    release_id,
    version,
    commit_sha,
    status,
    change_type,
    category,
    strategy,
    requested_at,
    approved_at,
    started_at,
    finished_at,
    is_automated,
    is_planned,
    rollback_of,
    fixes_incident_id,
    ticket_id,
    lines_changed,
    url,
    source_row,
    incident_count,
    known_incident_count,
    worst_severity_rank,
    first_incident_at,
    is_rolled_back,
    undone_at,
    is_undoing,
    is_reverted,
    failure_rule,
    is_failed,
    is_known_failed,
    is_counted,
    is_rework,
    duration_s
from each

union all

select
    parts.deployment_id,
    parts.unit_id,
    wholes.part_count,
    wholes.service,
    wholes.team,
    parts.environment,
    wholes.region,
    parts.release_id,
    wholes.version,
    parts.commit_sha,
    parts.status,
    parts.change_type,
    parts.category,
    parts.strategy,
    parts.requested_at,
    parts.approved_at,
    parts.started_at,
    parts.finished_at,
    parts.is_automated,
    parts.is_planned,
    parts.rollback_of,
    parts.fixes_incident_id,
    parts.ticket_id,
    wholes.lines_changed,
    parts.url,
    parts.source_row,
    wholes.incident_count,
    wholes.known_incident_count,
    wholes.worst_severity_rank,
    wholes.first_incident_at,
    wholes.is_rolled_back,
    parts.undone_at,
    wholes.is_undoing,
    wholes.is_reverted,
    case wholes.failure_rule_rank
        when 1 then 'rollback'
        when 2 then 'incident'
        when 3 then 'status'
        when 4 then 'revert'
    end as failure_rule,
    wholes.is_failed,
    wholes.is_known_failed,
    wholes.is_counted,
    wholes.is_rework,
    parts.duration_s
from parts
inner join wholes
    on parts.unit_id = wholes.unit_id
where parts.place = 1
