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
-- caveat: Quiet weeks are those of the four before and the four after in which no release of the service lies in these hours or the 72 before them; a release without any, or whose 72 hours the tickets do not cover, is left out. Releases within 72 hours of an earlier one are part of its. The interval takes releases as independent: those of one service that share quiet weeks are not, so it is somewhat too narrow where few services release often.

with

releases as (
    select
        deployment_id,
        service,
        team,
        finished_at,
        cast(finished_at as bigint) as finished_us
    from assessed_deployments
    where status in ('succeeded', 'rolled_back') and finished_at is not null
),

spaced as (
    select
        *,
        lag(finished_us) over (partition by service order by finished_us, deployment_id) as earlier_us,
        lead(finished_us) over (partition by service order by finished_us, deployment_id) as later_us
    from releases
),

-- The first of releases that follow one another within 72 hours stands for all of them.
leading_releases as (
    select *
    from spaced
    where earlier_us is null or finished_us - earlier_us >= 259200000000
),

support as (
    select
        service,
        cast(created_at as bigint) as created_us,
        -- Buckets as wide as a window: a ticket of a window lies in the bucket where it begins or in the next.
        cast(created_at as bigint) / 259200000000 as bucket
    from tickets
    where (kind = 'support' or kind is null) and service is not null
),

-- The ticket log says nothing about the time before its first ticket.
ticket_log as (
    select
        min(created_us) as begins_us,
        max(created_us) as ends_us
    from support
),

release_log as (
    select max(cast(finished_at as bigint)) as ends_us
    from assessed_deployments
),

-- Neither log says anything about the time after its last event. One that ends within a month of the other is taken to
-- reach as far as it; else the earlier end counts, for one of the two exports is older.
observed as (
    select
        ticket_log.begins_us,
        least(
            case
                when abs(ticket_log.ends_us - release_log.ends_us) > 31 * 86400000000
                    then least(ticket_log.ends_us, release_log.ends_us)
                else greatest(ticket_log.ends_us, release_log.ends_us)
            end + 1,
            cast($as_of as bigint)
        ) as ends_us
    from ticket_log
    cross join release_log
),

-- Between which instants a window may begin that has no release in it nor in the 72 hours before: after each release,
-- and before the first. It ends before the logs do.
pauses as (
    select
        spaced.service,
        greatest(spaced.finished_us + 259200000000, observed.begins_us) as from_us,
        least(coalesce(spaced.later_us, observed.ends_us), observed.ends_us) - 259200000000 as until_us
    from spaced
    cross join observed
    union all
    select
        spaced.service,
        observed.begins_us as from_us,
        least(spaced.finished_us, observed.ends_us) - 259200000000 as until_us
    from spaced
    cross join observed
    where spaced.earlier_us is null
),

pauses_by_bucket as (
    select
        service,
        from_us,
        until_us,
        unnest(generate_series(from_us / 259200000000, until_us / 259200000000)) as bucket
    from pauses
    where from_us <= until_us
),

same_hours as (
    select
        deployment_id,
        service,
        finished_us + unnest([-4, -3, -2, -1, 1, 2, 3, 4]) * 604800000000 as begins_us
    from leading_releases
),

quiet_windows as (
    select
        same_hours.deployment_id,
        same_hours.service,
        same_hours.begins_us
    from same_hours
    inner join pauses_by_bucket
        on same_hours.service = pauses_by_bucket.service
        and same_hours.begins_us / 259200000000 = pauses_by_bucket.bucket
    where same_hours.begins_us between pauses_by_bucket.from_us and pauses_by_bucket.until_us
),

quiet_weeks as (
    select
        deployment_id,
        count(*) as quiet_week_count
    from quiet_windows
    group by deployment_id
),

compared_windows as (
    select
        deployment_id,
        service,
        begins_us,
        true as is_quiet
    from quiet_windows
    union all
    select
        deployment_id,
        service,
        finished_us as begins_us,
        false as is_quiet
    from leading_releases
),

windows_by_bucket as (
    select
        *,
        begins_us / 259200000000 + unnest([0, 1]) as bucket
    from compared_windows
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
        leading_releases.deployment_id,
        leading_releases.service,
        leading_releases.team,
        leading_releases.finished_at,
        -- No ticket is none where the ticket log covers the whole window; else it is not known.
        case
            when
                leading_releases.finished_us >= observed.begins_us
                and leading_releases.finished_us + 259200000000 <= observed.ends_us
                then coalesce(counted.ticket_count, 0)
        end as ticket_count,
        coalesce(counted.quiet_ticket_count, 0) / cast(quiet_weeks.quiet_week_count as double) as expected_ticket_count,
        coalesce(quiet_weeks.quiet_week_count, 0) as quiet_week_count
    from leading_releases
    cross join observed
    left join quiet_weeks
        on leading_releases.deployment_id = quiet_weeks.deployment_id
    left join counted
        on leading_releases.deployment_id = counted.deployment_id
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
