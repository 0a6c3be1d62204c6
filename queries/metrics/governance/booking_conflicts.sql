-- metric: booking_conflicts
-- title: Double bookings
-- question: Which environments were booked twice for the same time?
-- why: Two teams that test in one place find each other's bugs.
-- aggregate: table
-- at: overlap_from_at
-- unit: count
-- better: none
-- events: double bookings
-- order: overlap_from_at asc, booking_id asc, other_booking_id asc
-- chart: none
-- needs: bookings
-- caveat: A booking ends before its last moment: one that begins when another ends does not clash. Two bookings of one team clash too.

select
    one.booking_id,
    one.environment,
    one.team,
    one.purpose,
    other.booking_id as other_booking_id,
    other.team as other_team,
    other.purpose as other_purpose,
    greatest(one.starts_at, other.starts_at) as overlap_from_at,
    (
        cast(least(one.ends_at, other.ends_at) as bigint) - cast(greatest(one.starts_at, other.starts_at) as bigint)
    ) / 1000000.0 as overlap_s
from bookings as one
inner join bookings as other
    on lower(one.environment) = lower(other.environment)
    and one.booking_id < other.booking_id
    and one.starts_at < other.ends_at
    and other.starts_at < one.ends_at
where one.ends_at > one.starts_at and other.ends_at > other.starts_at
