-- metric: windows_ahead
-- title: Freezes and other windows of the next four weeks
-- question: When will releases be restricted?
-- why: A freeze that is known in time is planned for, not broken.
-- aggregate: table
-- unit: count
-- better: none
-- events: windows that are on or begin within 28 days
-- order: starts_at asc, window_id asc
-- chart: none
-- needs: windows
-- caveat: As of now. A window that has begun and not ended is on.

select
    window_id,
    kind,
    name,
    coalesce(nullif(scope, ''), '*') as scope,
    starts_at,
    ends_at,
    starts_at <= $as_of as is_on,
    (cast(ends_at as bigint) - cast(starts_at as bigint)) / 1000000.0 as length_s
from windows
where
    ends_at > $as_of
    -- 28 days in microseconds.
    and cast(starts_at as bigint) <= cast($as_of as bigint) + 2419200000000
