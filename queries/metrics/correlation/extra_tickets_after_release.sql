-- metric: extra_tickets_after_release
-- title: Extra support tickets after a release
-- question: How many more support tickets come in the 72 hours after a release than in the same hours of quiet weeks?
-- why: Not every failure becomes an incident; many become questions.
-- aggregate: mean(extra_ticket_count)
-- at: finished_at
-- unit: count
-- better: lower
-- events: releases
-- chart: rate
-- needs: deployments, tickets
-- settles: 72h
-- caveat: Quiet weeks are those of the four before and the four after in which no release of the service lies in these hours or the 72 before them; where there are none, nothing is said. Releases within 72 hours of an earlier one are part of its.

with

releases as (
    select
        deployment_id,
        service,
        team,
        finished_at,
        cast(finished_at as bigint) as finished_us
    from judged_deployments
    where status in ('succeeded', 'rolled_back') and finished_at is not null
),

spaced as (
    select
        *,
        finished_us - lag(finished_us) over (
            partition by service
            order by finished_us, deployment_id
        ) as since_earlier_us
    from releases
),

-- The first of releases that follow one another within 72 hours stands for all of them.
leading_releases as (
    select *
    from spaced
    where since_earlier_us is null or since_earlier_us >= 259200000000
),

support as (
    select
        service,
        cast(created_at as bigint) as created_us
    from tickets
    where (kind = 'support' or kind is null) and service is not null
),

-- The ticket log says nothing about the time before its first ticket, nor about that after the last event of all.
ticket_log as (
    select
        min(created_us) as begins_us,
        max(created_us) as ends_us
    from support
),

release_log as (
    select max(finished_us) as ends_us
    from releases
),

observed as (
    select
        ticket_log.begins_us,
        least(greatest(ticket_log.ends_us, release_log.ends_us) + 1, cast($as_of as bigint)) as ends_us
    from ticket_log
    cross join release_log
),

-- Offset 0 is the release's own window, the others the same hours of other weeks.
windows_of_releases as (
    select
        deployment_id,
        service,
        finished_us,
        unnest([-4, -3, -2, -1, 0, 1, 2, 3, 4]) as week_offset
    from leading_releases
),

placed as (
    select
        deployment_id,
        service,
        week_offset,
        finished_us + week_offset * 604800000000 as from_us,
        finished_us + week_offset * 604800000000 + 259200000000 as until_us
    from windows_of_releases
),

-- All instants in one line, so that what lies in a window is the difference of two running counts. At the same instant
-- a window's ends come before a ticket, which is then in a window that begins and not in one that ends, and before a
-- release.
line as (
    select
        service,
        from_us as at_us,
        0 as position,
        deployment_id,
        week_offset,
        false as is_end,
        0 as ticket_count,
        cast(null as bigint) as release_us
    from placed
    union all
    select
        service,
        until_us as at_us,
        0 as position,
        deployment_id,
        week_offset,
        true as is_end,
        0 as ticket_count,
        null as release_us
    from placed
    union all
    select
        service,
        created_us as at_us,
        1 as position,
        null as deployment_id,
        null as week_offset,
        false as is_end,
        1 as ticket_count,
        null as release_us
    from support
    union all
    select
        service,
        finished_us as at_us,
        1 as position,
        null as deployment_id,
        null as week_offset,
        false as is_end,
        0 as ticket_count,
        finished_us as release_us
    from releases
),

running as (
    select
        *,
        sum(ticket_count) over (
            partition by service
            order by at_us, position
            rows between unbounded preceding and current row
        ) as tickets_so_far,
        max(release_us) over (
            partition by service
            order by at_us, position
            rows between unbounded preceding and current row
        ) as latest_release_us
    from line
),

measured as (
    select
        running.deployment_id,
        running.week_offset,
        max(case when running.is_end then running.tickets_so_far end)
        - max(case when not running.is_end then running.tickets_so_far end) as ticket_count,
        max(case when running.is_end then running.at_us - running.latest_release_us end) as since_release_us,
        min(running.at_us) >= max(observed.begins_us) and max(running.at_us) <= max(observed.ends_us) as is_observed
    from running
    cross join observed
    where running.deployment_id is not null
    group by running.deployment_id, running.week_offset
),

compared as (
    select
        deployment_id,
        max(case when week_offset = 0 then ticket_count end) as ticket_count,
        avg(case when week_offset <> 0 then cast(ticket_count as double) end) as expected_ticket_count,
        count(case when week_offset <> 0 then 1 end) as quiet_week_count
    from measured
    -- A quiet window is 72 hours without a release, with 72 hours without one before it.
    where
        is_observed
        and (week_offset = 0 or since_release_us is null or since_release_us >= 518400000000)
    group by deployment_id
)

select
    leading_releases.deployment_id,
    leading_releases.service,
    leading_releases.team,
    leading_releases.finished_at,
    compared.ticket_count,
    compared.expected_ticket_count,
    compared.ticket_count - compared.expected_ticket_count as extra_ticket_count,
    coalesce(compared.quiet_week_count, 0) as quiet_week_count
from leading_releases
left join compared
    on leading_releases.deployment_id = compared.deployment_id
