-- metric: tickets_after_release
-- title: Support tickets after a release
-- question: How many support tickets does a release bring within 72 hours?
-- why: Not every failure becomes an incident; many become questions.
-- aggregate: mean(tickets_after_count)
-- at: finished_at
-- unit: count
-- better: lower
-- events: releases
-- chart: rate
-- needs: deployments, tickets
-- settles: 72h
-- caveat: A ticket counts after each release of its service in the 72 hours before it; the count before the release stands beside it.

with

releases as (
    select
        deployment_id,
        service,
        team,
        finished_at,
        cast(finished_at as bigint) as finished_us,
        -- Buckets as wide as the window: a match lies in the release's own bucket or a neighbour.
        cast(finished_at as bigint) / 259200000000 as bucket
    from judged_deployments
    where status in ('succeeded', 'rolled_back')
),

support as (
    select
        ticket_id,
        service,
        cast(created_at as bigint) as created_us,
        cast(created_at as bigint) / 259200000000 as bucket
    from tickets
    where kind = 'support' or kind is null
),

spread as (
    select
        ticket_id,
        service,
        created_us,
        bucket + unnest([-1, 0, 1]) as bucket
    from support
),

matched as (
    select
        releases.deployment_id,
        spread.created_us >= releases.finished_us as is_after
    from releases
    inner join spread
        on releases.service = spread.service
        and releases.bucket = spread.bucket
    where abs(spread.created_us - releases.finished_us) < 259200000000
),

counted as (
    select
        deployment_id,
        sum(case when is_after then 1 else 0 end) as tickets_after_count,
        sum(case when is_after then 0 else 1 end) as tickets_before_count
    from matched
    group by deployment_id
)

select
    releases.deployment_id,
    releases.service,
    releases.team,
    releases.finished_at,
    -- A release without a match had none: the ticket log covers it.
    coalesce(counted.tickets_after_count, 0) as tickets_after_count,
    coalesce(counted.tickets_before_count, 0) as tickets_before_count
from releases
left join counted
    on releases.deployment_id = counted.deployment_id
