-- view: release_windows
-- about: The 72 hours after each release, and the same hours of quiet weeks before and after it, as far as tickets are known.
-- materialise: yes
-- needs: deployments, tickets

with

spaced as (
    select
        *,
        cast(finished_at as bigint) as finished_us,
        cast(earlier_at as bigint) as earlier_us,
        cast(later_at as bigint) as later_us
    from spaced_releases
),

-- The first of releases that follow one another within 72 hours stands for all of them.
leading_releases as (
    select *
    from spaced
    where earlier_us is null or finished_us - earlier_us >= 259200000000
),

-- The ticket log says nothing about the time before its first ticket.
ticket_log as (
    select
        min(cast(created_at as bigint)) as begins_us,
        max(cast(created_at as bigint)) as ends_us
    from tickets
    where (kind = 'support' or kind is null) and service is not null
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

-- Only 144 hours without a release leave room for a quiet window.
gaps as (
    select
        service,
        finished_us,
        later_us
    from spaced
    where later_us is null or later_us - finished_us >= 518400000000
),

-- Between which instants a window may begin that has no release in it nor in the 72 hours before: after each release,
-- and before the first. It ends before the logs do.
pauses as (
    select
        gaps.service,
        greatest(gaps.finished_us + 259200000000, observed.begins_us) as from_us,
        least(coalesce(gaps.later_us, observed.ends_us), observed.ends_us) - 259200000000 as until_us
    from gaps
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
        team,
        finished_at,
        finished_us + unnest([-4, -3, -2, -1, 1, 2, 3, 4]) * 604800000000 as begins_us
    from leading_releases
)

select
    same_hours.deployment_id,
    same_hours.service,
    same_hours.team,
    same_hours.finished_at,
    arrow_cast(same_hours.begins_us, 'Timestamp(Microsecond, Some("UTC"))') as begins_at,
    true as is_quiet,
    true as is_covered
from same_hours
inner join pauses_by_bucket
    on same_hours.service = pauses_by_bucket.service
    and same_hours.begins_us / 259200000000 = pauses_by_bucket.bucket
where same_hours.begins_us between pauses_by_bucket.from_us and pauses_by_bucket.until_us

union all

select
    leading_releases.deployment_id,
    leading_releases.service,
    leading_releases.team,
    leading_releases.finished_at,
    leading_releases.finished_at as begins_at,
    false as is_quiet,
    -- Whether the ticket log covers the whole window.
    coalesce(
        leading_releases.finished_us >= observed.begins_us
        and leading_releases.finished_us + 259200000000 <= observed.ends_us,
        false
    ) as is_covered
from leading_releases
cross join observed
