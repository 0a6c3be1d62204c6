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
-- chart: ribbon
-- bands: failed_deployment_recovery_time
-- needs: deployments, incidents | rollbacks
-- caveat: Failures not yet repaired count as lasting at least until now, so they never shorten the median. What was reverted without an incident has no recorded recovery.

with

judged as (
    select
        recoveries.deployment_id,
        judged_deployments.service,
        judged_deployments.team,
        judged_deployments.change_type,
        judged_deployments.finished_at,
        judged_deployments.failure_rule,
        case $recovery_clock
            when 'deployment' then judged_deployments.finished_at
            else recoveries.failed_at
        end as failed_at,
        case $recovery_end
            when 'resolved' then recoveries.resolved_at
            when 'remediation' then recoveries.remediated_at
            else recoveries.recovered_at
        end as recovered_at
    from recoveries
    inner join judged_deployments
        on recoveries.deployment_id = judged_deployments.deployment_id
    where
        judged_deployments.is_failed
        and judged_deployments.is_counted
        -- A failure without an incident is never resolved: asked for that end, it has none to wait for.
        and ($recovery_end <> 'resolved' or judged_deployments.incident_count > 0)
)

select
    deployment_id,
    service,
    team,
    change_type,
    failure_rule,
    failed_at,
    recovered_at,
    recovered_at is not null as is_observed,
    greatest(
        (cast(coalesce(recovered_at, $as_of) as bigint) - cast(failed_at as bigint)) / 1000000.0,
        0.0
    ) as recovery_s
from judged
where failed_at is not null
