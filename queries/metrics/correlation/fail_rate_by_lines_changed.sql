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
-- counts: {deployments} {known_failed}, {counted}
-- chart: distribution
-- needs: deployments.lines_changed | changes.lines_changed, known failures
-- settles: attribution.window
-- caveat: Lines as the deployment says, else the sum over the changes it delivered, where all of them are known. A release of several services has the sum of theirs, where each is known.

with

delivered as (
    select
        deliveries.deployment_id,
        sum(changes.lines_changed) as lines_changed,
        count(*) = count(changes.lines_changed) as is_known
    from deliveries
    inner join changes
        on deliveries.change_id = changes.change_id
    group by deliveries.deployment_id
),

-- Where several deployments count as one, those of one service bring the same lines, to one region after another or once
-- more; those of several services add up.
by_service as (
    select
        assessed_deployments.unit_id,
        assessed_deployments.service,
        coalesce(
            max(assessed_deployments.lines_changed),
            case when bool_and(delivered.is_known) then sum(delivered.lines_changed) end
        ) as lines_changed
    from assessed_deployments
    left join delivered
        on assessed_deployments.deployment_id = delivered.deployment_id
    group by assessed_deployments.unit_id, assessed_deployments.service
),

units as (
    select
        unit_id,
        -- The sum of some is not the size of all.
        case when count(*) = count(lines_changed) then sum(lines_changed) end as lines_changed
    from by_service
    group by unit_id
),

sized as (
    select
        judged_deployments.deployment_id,
        judged_deployments.service,
        judged_deployments.team,
        judged_deployments.change_type,
        judged_deployments.finished_at,
        judged_deployments.is_known_failed,
        units.lines_changed
    from judged_deployments
    left join units
        on judged_deployments.unit_id = units.unit_id
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
