-- metric: fail_rate_by_lines_changed
-- title: Known change fail rate by lines changed
-- question: Do larger releases fail more often?
-- why: The size of a release is the cheapest thing to change about it.
-- aggregate: rate(is_known_failed)
-- by: batch_size
-- levels: up to 10 lines, 11 to 100, 101 to 500, 501 to 1000, over 1000, not known
-- at: finished_at
-- unit: ratio
-- better: lower
-- events: deployments
-- flagged: are known to have failed
-- chart: distribution
-- needs: deployments.lines_changed | changes.lines_changed, known failures
-- settles: attribution.window
-- caveat: Lines as the deployment says, else the sum over the changes it delivered, where all of them are known.

with

delivered as (
    select
        deliveries.deployment_id,
        -- The sum of some is not the size of all.
        case when count(*) = count(changes.lines_changed) then sum(changes.lines_changed) end as lines_changed
    from deliveries
    inner join changes
        on deliveries.change_id = changes.change_id
    group by deliveries.deployment_id
),

sized as (
    select
        judged_deployments.deployment_id,
        judged_deployments.service,
        judged_deployments.team,
        judged_deployments.change_type,
        judged_deployments.finished_at,
        judged_deployments.is_known_failed,
        coalesce(judged_deployments.lines_changed, delivered.lines_changed) as lines_changed
    from judged_deployments
    left join delivered
        on judged_deployments.deployment_id = delivered.deployment_id
    where judged_deployments.is_counted
)

select
    deployment_id,
    service,
    team,
    change_type,
    finished_at,
    lines_changed,
    is_known_failed,
    case
        when lines_changed is null then 'not known'
        when lines_changed <= 10 then 'up to 10 lines'
        when lines_changed <= 100 then '11 to 100'
        when lines_changed <= 500 then '101 to 500'
        when lines_changed <= 1000 then '501 to 1000'
        else 'over 1000'
    end as batch_size
from sized
