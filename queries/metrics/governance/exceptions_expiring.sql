-- metric: exceptions_expiring
-- title: Exceptions that expire within four weeks
-- question: Which permission ends soon?
-- why: What rests on an exception needs its rule kept, or another exception, before it ends.
-- aggregate: table
-- unit: count
-- better: none
-- events: exceptions that hold now and expire within 28 days
-- order: expires_at asc, exception_id asc
-- chart: none
-- needs: exceptions.expires_at
-- caveat: As of now; an exception without an end never expires.

select
    exception_id,
    policy,
    deployment_id,
    ticket_id,
    reason,
    granted_by,
    sponsor,
    granted_at,
    expires_at,
    (cast(expires_at as bigint) - cast($as_of as bigint)) / 1000000.0 as left_s
from exceptions
where
    coalesce(granted_at <= $as_of, true)
    and expires_at > $as_of
    -- 28 days in microseconds.
    and cast(expires_at as bigint) <= cast($as_of as bigint) + 2419200000000
