-- plan: same_environment
-- title: Shares an environment that is booked for one at a time
-- why: An environment that people book is one that they want for themselves.
-- weight: hard
-- needs: plan, bookings

with

exclusive as (
    select distinct lower(environment) as environment
    from bookings
)

select
    pairs.entry,
    pairs.service,
    pairs.environment,
    pairs.starts_at,
    pairs.other_entry as clashes_with,
    pairs.other_service || ' uses ' || pairs.environment || ' from ' || cast(pairs.overlap_from_at as text)
    || ' to ' || cast(pairs.overlap_until_at as text) || ' as well' as evidence
from plan_entry_pairs as pairs
inner join exclusive
    on lower(pairs.environment) = exclusive.environment
where
    lower(pairs.environment) = lower(pairs.other_environment)
    -- Of one service the check same_service tells.
    and pairs.service <> pairs.other_service
    and coalesce(pairs.team <> pairs.other_team, true)
order by pairs.starts_at, pairs.entry, pairs.other_entry
