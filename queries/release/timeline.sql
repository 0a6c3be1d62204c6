-- release: timeline
-- title: In the order of time
-- needs: deployments
-- empty: Nothing of it is dated.

with

lens as (
    select *
    from deployments
    where
        case $lens
            when 'release' then release_id
            when 'version' then version
            else deployment_id
        end = $name
        and ($service = '' or service = $service)
),

arrival as (
    select min(finished_at) as arrived_at
    from lens
    where is_production
),

moments as (
    select
        changes.committed_at as at,
        'first commit' as event,
        changes.change_id as what,
        changes.author as who
    from lens
    inner join deliveries
        on lens.deployment_id = deliveries.deployment_id
    inner join changes
        on deliveries.change_id = changes.change_id
    union all
    select
        changes.merged_at,
        'merged',
        changes.change_id,
        cast(null as varchar)
    from lens
    inner join deliveries
        on lens.deployment_id = deliveries.deployment_id
    inner join changes
        on deliveries.change_id = changes.change_id
    union all
    select
        requested_at,
        'requested',
        deployment_id,
        requested_by
    from lens
    union all
    select
        deployment_approvals.decided_at,
        deployment_approvals.decision || ', ' || coalesce(deployment_approvals.gate, 'approval'),
        deployment_approvals.approval_id,
        deployment_approvals.approver
    from lens
    inner join deployment_approvals
        on lens.deployment_id = deployment_approvals.deployment_id
    union all
    select
        started_at,
        'started, ' || environment,
        deployment_id,
        deployed_by
    from lens
    union all
    select
        finished_at,
        status || ', ' || environment,
        deployment_id,
        cast(null as varchar)
    from lens
    union all
    select
        rollbacks.undone_at,
        'rolled back (' || rollbacks.rule || ')',
        rollbacks.deployment_id,
        cast(null as varchar)
    from lens
    inner join rollbacks
        on lens.deployment_id = rollbacks.rolled_back
    union all
    select
        judged_incidents.opened_at,
        'incident opened' || coalesce(', ' || judged_incidents.severity, ''),
        judged_incidents.incident_id,
        cast(null as varchar)
    from lens
    inner join judged_incidents
        on lens.deployment_id = judged_incidents.deployment_id
    union all
    select
        judged_incidents.over_at,
        'incident over',
        judged_incidents.incident_id,
        cast(null as varchar)
    from lens
    inner join judged_incidents
        on lens.deployment_id = judged_incidents.deployment_id
)

select
    moments.at,
    -- Before and after its arrival in production.
    (cast(moments.at as bigint) - cast(arrival.arrived_at as bigint)) / 1000000.0 as from_arrival_s,
    moments.event,
    moments.what,
    moments.who
from moments
cross join arrival
where moments.at is not null
order by moments.at asc, moments.event asc, moments.what asc
