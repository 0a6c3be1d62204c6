-- metric: fail_rate_by_change_count
-- title: Known change fail rate by number of changes
-- question: Do releases that collect many changes fail more often?
-- why: What is released together must be understood together when it breaks.
-- aggregate: rate(is_known_failed)
-- by: batch_size
-- levels: 1 change, 2 or 3, 4 to 10, over 10, not known
-- at: finished_at
-- unit: ratio
-- better: lower
-- events: deployments
-- flagged: are known to have failed
-- counts: {deployments} {known_failed}, {counted}
-- chart: distribution
-- needs: deployments, changes, known failures
-- settles: attribution.window
-- caveat: Changes whose first delivery to production it was. A deployment to which no change is linked has an unknown size: a missing link is not an empty release.

with

counted as (
    select
        deployment_id,
        -- A change is linked to one deployment, so none is counted twice.
        count(*) as change_count
    from deliveries
    group by deployment_id
),

-- That deployment may be any part of a release that counts as one.
delivered as (
    select
        assessed_deployments.unit_id,
        sum(counted.change_count) as change_count
    from counted
    inner join assessed_deployments
        on counted.deployment_id = assessed_deployments.deployment_id
    group by assessed_deployments.unit_id
),

sized as (
    select
        judged_deployments.deployment_id,
        judged_deployments.service,
        judged_deployments.team,
        judged_deployments.change_type,
        judged_deployments.finished_at,
        judged_deployments.is_known_failed,
        delivered.change_count
    from judged_deployments
    left join delivered
        on judged_deployments.unit_id = delivered.unit_id
    where judged_deployments.is_counted
)

select
    deployment_id,
    service,
    team,
    change_type,
    finished_at,
    change_count,
    is_known_failed,
    case
        when change_count is null then 'not known'
        when change_count = 1 then '1 change'
        when change_count <= 3 then '2 or 3'
        when change_count <= 10 then '4 to 10'
        else 'over 10'
    end as batch_size
from sized
