-- metric: environment_utilisation
-- title: Environment utilisation
-- question: How much of the time is each environment booked, and how much of it twice?
-- why: An environment that is always taken is a queue; one that never is costs money.
-- aggregate: table
-- unit: count
-- better: none
-- events: environments
-- order: environment asc
-- chart: none
-- needs: bookings
-- looks_back: period
-- caveat: Of the period, as far as bookings of any environment reach. All hours count, nights and weekends too. Time booked twice counts once as booked.

with

clipped as (
    select
        lower(environment) as environment,
        cast(greatest(starts_at, $from_at) as bigint) as from_us,
        cast(least(ends_at, $until_at) as bigint) as until_us
    from bookings
    where least(ends_at, $until_at) > greatest(starts_at, $from_at)
),

observed as (
    select max(until_us) - min(from_us) as length_us
    from clipped
),

ordered as (
    select
        environment,
        from_us,
        until_us,
        max(until_us) over (
            partition by environment
            order by from_us, until_us
            rows between unbounded preceding and 1 preceding
        ) as covered_until_us
    from clipped
),

summed as (
    select
        environment,
        count(*) as booking_count,
        sum(until_us - from_us) / 1000000.0 as requested_s,
        sum(greatest(until_us - greatest(from_us, coalesce(covered_until_us, from_us)), 0)) / 1000000.0 as booked_s
    from ordered
    group by environment
)

select
    summed.environment,
    summed.booking_count,
    summed.booked_s,
    summed.booked_s / (observed.length_us / 1000000.0) as booked_ratio,
    summed.requested_s - summed.booked_s as booked_again_s
from summed
cross join observed
