-- plan: booking
-- title: Its environment is booked by another team
-- why: Two teams that test in one place find each other's bugs.
-- weight: hard
-- needs: plan, bookings

select
    plan_entries.entry,
    plan_entries.service,
    plan_entries.environment,
    plan_entries.starts_at,
    bookings.booking_id as clashes_with,
    'booked' || coalesce(' by ' || bookings.team, '') || coalesce(' for ' || bookings.purpose, '')
    || ', ' || cast(bookings.starts_at as text) || ' to ' || cast(bookings.ends_at as text) as evidence
from plan_entries
inner join bookings
    on lower(plan_entries.environment) = lower(bookings.environment)
    and plan_entries.starts_at < bookings.ends_at
    and bookings.starts_at < plan_entries.ends_at
-- A team may use what it has booked itself; where either team is not known, somebody should look.
where coalesce(plan_entries.team <> bookings.team, true)
order by plan_entries.starts_at, plan_entries.entry, bookings.booking_id
