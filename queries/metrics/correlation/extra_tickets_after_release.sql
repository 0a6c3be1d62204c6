-- metric: extra_tickets_after_release
-- title: Extra support tickets after a release
-- question: How many more support tickets come in the 72 hours after a release than in the same hours of quiet weeks?
-- why: Not every failure becomes an incident; many become questions.
-- aggregate: mean(extra_ticket_count)
-- at: finished_at
-- unit: count
-- better: lower
-- events: releases with support tickets to compare
-- chart: rate
-- needs: deployments, tickets
-- settles: 72h
-- caveat: Quiet weeks are those of the four before and the four after in which no release of the service lies in these hours or the 72 before them; a release without any, or whose 72 hours the tickets do not cover, is left out. Releases within 72 hours of an earlier one are part of its. The interval takes releases as independent: those of one service that share quiet weeks are not, so it is somewhat too narrow where few services release often.

with

support as (
    select
        service,
        cast(created_at as bigint) as created_us,
        -- Buckets as wide as a window: a ticket of a window lies in the bucket where it begins or in the next.
        cast(created_at as bigint) / 259200000000 as bucket
    from tickets
    where (kind = 'support' or kind is null) and service is not null
),

quiet_weeks as (
    select
        deployment_id,
        count(*) as quiet_week_count
    from release_windows
    where is_quiet
    group by deployment_id
),

windows_by_bucket as (
    select
        deployment_id,
        service,
        is_quiet,
        cast(begins_at as bigint) as begins_us,
        cast(begins_at as bigint) / 259200000000 + unnest([0, 1]) as bucket
    from release_windows
),

counted as (
    select
        windows_by_bucket.deployment_id,
        count(case when not windows_by_bucket.is_quiet then 1 end) as ticket_count,
        count(case when windows_by_bucket.is_quiet then 1 end) as quiet_ticket_count
    from windows_by_bucket
    inner join support
        on windows_by_bucket.service = support.service
        and windows_by_bucket.bucket = support.bucket
    where
        support.created_us >= windows_by_bucket.begins_us
        and support.created_us < windows_by_bucket.begins_us + 259200000000
    group by windows_by_bucket.deployment_id
),

compared as (
    select
        release_windows.deployment_id,
        release_windows.service,
        release_windows.team,
        release_windows.finished_at,
        -- No ticket is none where the ticket log covers the whole window; else it is not known.
        case when release_windows.is_covered then coalesce(counted.ticket_count, 0) end as ticket_count,
        coalesce(counted.quiet_ticket_count, 0) / cast(quiet_weeks.quiet_week_count as double) as expected_ticket_count,
        coalesce(quiet_weeks.quiet_week_count, 0) as quiet_week_count
    from release_windows
    left join quiet_weeks
        on release_windows.deployment_id = quiet_weeks.deployment_id
    left join counted
        on release_windows.deployment_id = counted.deployment_id
    where not release_windows.is_quiet
)

select
    deployment_id,
    service,
    team,
    finished_at,
    ticket_count,
    expected_ticket_count,
    ticket_count - expected_ticket_count as extra_ticket_count,
    quiet_week_count
from compared
where ticket_count is not null and expected_ticket_count is not null
