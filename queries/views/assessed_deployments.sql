-- view: assessed_deployments
-- about: Each deployment to production on its own, judged by the definitions: does it count, did it fail, by which rule.
-- materialise: yes
-- needs: deployments

with

incident_facts as (
    select
        deployment_id,
        sum(case when is_failure then 1 else 0 end) as incident_count,
        -- Closeness in time links some incidents to whatever was deployed before them; a name or a rollback does not.
        sum(
            case when is_failure and rule in ('explicit', 'version', 'rollback') then 1 else 0 end
        ) as known_incident_count,
        min(severity_rank) as worst_severity_rank,
        min(case when is_failure then opened_at end) as first_incident_at
    from judged_incidents
    where is_counted and deployment_id is not null
    group by deployment_id
),

undone as (
    select
        rolled_back as deployment_id,
        min(undone_at) as undone_at
    from rollbacks
    group by rolled_back
),

-- A deployment that undoes another is repair work, whatever its record says.
undoing as (
    select distinct deployment_id
    from rollbacks
    where deployment_id <> rolled_back
),

-- What a revert names may be a change or its commit.
reverts as (
    select reverts as name
    from changes
    where reverts is not null
),

reverted as (
    select deliveries.deployment_id
    from reverts
    inner join deliveries
        on reverts.name = deliveries.change_id
    union
    select deliveries.deployment_id
    from reverts
    inner join changes
        on reverts.name = changes.commit_sha
    inner join deliveries
        on changes.change_id = deliveries.change_id
),

-- Only asked for where deployments count that are known to have brought a change.
delivering as (
    select distinct deployment_id
    from deliveries
    where $counts_delivering
),

facts as (
    select
        production_deployments.*,
        coalesce(incident_facts.incident_count, 0) as incident_count,
        coalesce(incident_facts.known_incident_count, 0) as known_incident_count,
        incident_facts.worst_severity_rank,
        incident_facts.first_incident_at,
        production_deployments.status = 'rolled_back'
        or undone.deployment_id is not null as is_rolled_back,
        undone.undone_at,
        undoing.deployment_id is not null as is_undoing,
        reverted.deployment_id is not null as is_reverted,
        delivering.deployment_id is not null as is_delivering
    from production_deployments
    left join incident_facts
        on production_deployments.deployment_id = incident_facts.deployment_id
    left join undone
        on production_deployments.deployment_id = undone.deployment_id
    left join undoing
        on production_deployments.deployment_id = undoing.deployment_id
    left join reverted
        on production_deployments.deployment_id = reverted.deployment_id
    left join delivering
        on production_deployments.deployment_id = delivering.deployment_id
)

select
    *,
    -- What it is a part of, where several deployments count as one.
    case $unit
        when 'release' then coalesce(release_id, deployment_id)
        -- A blank in the name of a service is escaped: the first that is not divides it from the version.
        when 'version' then
            coalesce(replace(replace(service, '\', '\\'), ' ', '\ ') || ' ' || version, deployment_id)
        else deployment_id
    end as unit_id,
    -- The first rule that holds names the failure.
    case
        when $fails_by_rollback and is_rolled_back then 'rollback'
        when $fails_by_incident and incident_count > 0 then 'incident'
        when $fails_by_status and status = 'failed' then 'status'
        when $fails_by_revert and is_reverted then 'revert'
    end as failure_rule,
    coalesce(
        ($fails_by_rollback and is_rolled_back)
        or ($fails_by_incident and incident_count > 0)
        or ($fails_by_status and status = 'failed')
        or ($fails_by_revert and is_reverted),
        false
    ) as is_failed,
    -- The same, but an incident counts only when more than closeness in time says so.
    coalesce(
        ($fails_by_rollback and is_rolled_back)
        or ($fails_by_incident and known_incident_count > 0)
        or ($fails_by_status and status = 'failed')
        or ($fails_by_revert and is_reverted),
        false
    ) as is_known_failed,
    coalesce(
        $counts_all
        or status = 'succeeded'
        or ($counts_rolled_back and status = 'rolled_back')
        or ($counts_failed and status = 'failed'),
        false
    )
    and (is_delivering or not $counts_delivering) as is_counted,
    -- Unplanned and because of an incident: an emergency, a hotfix, a rollback, a named repair.
    coalesce(
        is_undoing
        or rollback_of is not null
        or fixes_incident_id is not null
        or (change_type = 'emergency' and not coalesce(is_planned, false)),
        false
    ) as is_rework,
    case
        when status in ('succeeded', 'failed', 'rolled_back') then
            (cast(finished_at as bigint) - cast(started_at as bigint)) / 1000000.0
    end as duration_s
from facts
