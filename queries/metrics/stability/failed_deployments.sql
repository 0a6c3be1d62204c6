-- metric: failed_deployments
-- title: Failed deployments
-- question: Which deployments failed, and what did they cost?
-- why: A rate is made of cases; these are the cases.
-- aggregate: table
-- at: finished_at
-- unit: count
-- better: none
-- events: failed deployments
-- order: worst_severity asc nulls last, recovery_s desc nulls last, deployment_id asc
-- chart: none
-- needs: deployments, failures
-- caveat: Worst first: by severity, then by how long it took to recover.

with

-- The same clock and the same end as the metric: one definition, wherever it is told. Of several recoveries of one
-- deployment the longest is what it cost.
costs as (
    select
        unit_id,
        max(recovery_s) as recovery_s,
        bool_or(not is_observed) as is_unrecovered
    from failed_deployment_recovery_time
    group by unit_id
)

select
    judged_deployments.deployment_id,
    judged_deployments.service,
    judged_deployments.team,
    judged_deployments.version,
    judged_deployments.change_type,
    judged_deployments.finished_at,
    judged_deployments.failure_rule,
    judged_deployments.incident_count,
    'sev' || judged_deployments.worst_severity_rank as worst_severity,
    costs.recovery_s,
    costs.is_unrecovered
from judged_deployments
left join costs
    on judged_deployments.unit_id = costs.unit_id
where judged_deployments.is_counted and judged_deployments.is_failed
