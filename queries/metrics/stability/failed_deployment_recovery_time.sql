-- metric: failed_deployment_recovery_time
-- title: Failed deployment recovery time
-- question: When a deployment fails, how long until service is restored?
-- why: Failure cannot be ruled out; its length can be cut.
-- aggregate: survival_median(recovery_s, is_observed)
-- statistic: recovery.statistic
-- at: failed_at
-- unit: seconds
-- better: lower
-- events: failed deployments
-- counts: {recovery}; each in the period in which its failure began, not in that of its deployment
-- chart: ribbon
-- bands: failed_deployment_recovery_time
-- needs: deployments, failures
-- caveat: Failures not yet repaired count as lasting at least until now, so they never shorten the median. What was reverted without an incident has no recorded recovery, nor has what is over at a time that nobody wrote down, unless a rollback or the next deployment ended it.

with

-- Each failed deployment with the ends that its links tell.
failures as (
    select
        recoveries.deployment_id,
        assessed_deployments.unit_id,
        assessed_deployments.service,
        assessed_deployments.team,
        assessed_deployments.change_type,
        assessed_deployments.failure_rule,
        assessed_deployments.finished_at,
        recoveries.failed_at as began_at,
        recoveries.resolved_at,
        recoveries.remediated_at,
        recoveries.recovered_at as restored_at,
        recoveries.is_vague
    from recoveries
    inner join assessed_deployments
        on recoveries.deployment_id = assessed_deployments.deployment_id
    where
        assessed_deployments.is_failed
        -- Of several that count as one, any part may be the one that counts.
        and (assessed_deployments.is_counted or $unit <> 'service')
        -- A failure without an incident is never resolved: asked for that end, it has none to wait for.
        and ($recovery_end not in ('resolved', 'released') or assessed_deployments.incident_count > 0)
),

-- Deployments that count as one are restored when the last of them is.
ends_of_wholes as (
    select
        unit_id,
        min(began_at) as began_at,
        case when count(resolved_at) = count(*) then max(resolved_at) end as resolved_at,
        case when count(remediated_at) = count(*) then max(remediated_at) end as remediated_at,
        case when count(restored_at) = count(*) then max(restored_at) end as restored_at,
        -- A part that is neither over nor vague is still going on, and so is the whole.
        bool_or(is_vague) and bool_and(is_vague or restored_at is not null) as is_vague
    from failures
    where $unit <> 'service'
    group by unit_id
),

whole_failures as (
    select
        judged_deployments.deployment_id,
        judged_deployments.unit_id,
        judged_deployments.service,
        judged_deployments.team,
        judged_deployments.change_type,
        judged_deployments.failure_rule,
        judged_deployments.finished_at,
        ends_of_wholes.began_at,
        ends_of_wholes.resolved_at,
        ends_of_wholes.remediated_at,
        ends_of_wholes.restored_at,
        ends_of_wholes.is_vague
    from ends_of_wholes
    inner join judged_deployments
        on ends_of_wholes.unit_id = judged_deployments.unit_id
    where judged_deployments.is_counted
),

incidents_of_failures as (
    select
        failures.deployment_id,
        failures.unit_id,
        failures.service,
        failures.team,
        failures.change_type,
        failures.failure_rule,
        failures.finished_at,
        judged_incidents.incident_id,
        judged_incidents.opened_at as began_at,
        judged_incidents.over_at as resolved_at,
        -- A repair from before this incident opened was the repair of an earlier one.
        case
            when failures.remediated_at >= judged_incidents.opened_at then failures.remediated_at
        end as remediated_at,
        judged_incidents.is_open,
        not judged_incidents.is_open and judged_incidents.over_at is null as is_vague
    from failures
    inner join judged_incidents
        on failures.deployment_id = judged_incidents.deployment_id
    where judged_incidents.is_failure
),

-- How many deployments of the service had succeeded by then: failures with the same count follow one another.
attempts as (
    select
        deployment_id,
        sum(case when status = 'succeeded' and not is_failed then 1 else 0 end) over (
            partition by service
            order by finished_at, deployment_id
        ) as success_count
    from assessed_deployments
    where is_counted and $recovery_unit = 'streak'
),

streaks as (
    select
        failures.*,
        row_number() over (
            partition by failures.service, attempts.success_count
            order by failures.finished_at, failures.deployment_id
        ) as place
    from failures
    inner join attempts
        on failures.deployment_id = attempts.deployment_id
),

to_recover as (
    select
        deployment_id,
        unit_id,
        service,
        team,
        change_type,
        failure_rule,
        finished_at,
        cast(null as varchar) as incident_id,
        began_at,
        resolved_at,
        remediated_at,
        restored_at,
        is_vague
    from failures
    where $recovery_unit = 'deployment' and $unit = 'service'
    union all
    select
        deployment_id,
        unit_id,
        service,
        team,
        change_type,
        failure_rule,
        finished_at,
        cast(null as varchar) as incident_id,
        began_at,
        resolved_at,
        remediated_at,
        restored_at,
        is_vague
    from whole_failures
    where $recovery_unit = 'deployment'
    union all
    select
        deployment_id,
        unit_id,
        service,
        team,
        change_type,
        failure_rule,
        finished_at,
        incident_id,
        began_at,
        resolved_at,
        remediated_at,
        -- What is still open is not restored, whatever has been deployed since.
        case when not is_open then least(resolved_at, remediated_at) end as restored_at,
        is_vague
    from incidents_of_failures
    where $recovery_unit = 'incident'
    union all
    select
        deployment_id,
        unit_id,
        service,
        team,
        change_type,
        failure_rule,
        finished_at,
        cast(null as varchar) as incident_id,
        began_at,
        resolved_at,
        remediated_at,
        restored_at,
        is_vague
    from streaks
    where $recovery_unit = 'streak' and place = 1
),

-- Successful deployments and the ends of incidents of each service in one line, so that the next deployment after an
-- end is the nearest one behind it.
service_moments as (
    select
        service,
        finished_at as at,
        finished_at as released_at,
        -- Strictly later where the boundary is open: then it stands before an end at the same instant.
        case when $is_boundary_open then -1 else 1 end as place
    from assessed_deployments
    where status = 'succeeded' and $recovery_end = 'released'
    union all
    select distinct
        service,
        resolved_at as at,
        arrow_cast(null, 'Timestamp(Microsecond, Some("UTC"))') as released_at,
        0 as place
    from to_recover
    where resolved_at is not null and $recovery_end = 'released'
),

next_releases as (
    select
        service,
        at,
        place,
        min(released_at) over (
            partition by service
            order by at, place
            rows between current row and unbounded following
        ) as released_at
    from service_moments
),

ended as (
    select
        to_recover.*,
        case $recovery_clock
            when 'deployment' then to_recover.finished_at
            else to_recover.began_at
        end as failed_at,
        case $recovery_end
            when 'resolved' then to_recover.resolved_at
            when 'remediation' then to_recover.remediated_at
            when 'released' then next_releases.released_at
            else to_recover.restored_at
        end as recovered_at
    from to_recover
    left join next_releases
        on to_recover.service = next_releases.service
        and to_recover.resolved_at = next_releases.at
        and next_releases.place = 0
)

select
    deployment_id,
    unit_id,
    incident_id,
    service,
    team,
    change_type,
    failure_rule,
    began_at as opened_at,
    failed_at,
    recovered_at,
    recovered_at is not null as is_observed,
    greatest(
        (cast(coalesce(recovered_at, $as_of) as bigint) - cast(failed_at as bigint)) / 1000000.0,
        0.0
    ) as recovery_s
from ended
where
    failed_at is not null
    -- What is over at a time that nobody wrote down has not lasted until now. How long it lasted, nobody knows.
    and (recovered_at is not null or not is_vague)
