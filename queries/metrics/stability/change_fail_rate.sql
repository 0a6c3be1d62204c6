-- metric: change_fail_rate
-- title: Change fail rate
-- question: What share of production deployments needed immediate repair?
-- why: Speed means little if releases keep breaking.
-- aggregate: rate(is_failed)
-- variant: change_fail_rate.numerator incidents incidence(failure_count, deployment_count)
-- at: finished_at
-- unit: ratio
-- better: lower
-- events: deployments
-- flagged: failed
-- counts: {failures}
-- chart: rate
-- bands: change_fail_rate
-- needs: deployments, failures
-- settles: attribution.window
-- caveat: Deployments younger than the attribution window may still fail; such periods are marked.

with

counted as (
    select
        *,
        -- Asked for incidents by deployments, failures are the incidents below.
        case when is_failed and not $counts_incidents then 1 else 0 end as failure_count
    from judged_deployments
    where is_counted
)

select
    deployment_id,
    service,
    team,
    change_type,
    category,
    strategy,
    status,
    -- Asked for all deployments, one that has no end stands where it began.
    coalesce(finished_at, started_at, requested_at) as finished_at,
    is_failed,
    failure_rule,
    incident_count,
    failure_count,
    1 as deployment_count
from counted

union all

-- Incidents as events of their own, at the time they opened, linked to a deployment or not.
select
    judged_incidents.deployment_id,
    judged_incidents.service,
    judged_incidents.team,
    cast(null as varchar) as change_type,
    cast(null as varchar) as category,
    cast(null as varchar) as strategy,
    cast(null as varchar) as status,
    judged_incidents.opened_at as finished_at,
    cast(null as boolean) as is_failed,
    'incident' as failure_rule,
    1 as incident_count,
    1 as failure_count,
    0 as deployment_count
from judged_incidents
where judged_incidents.is_failure and $counts_incidents
