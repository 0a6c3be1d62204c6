-- view: service_owners
-- about: Each service with the team that owned it, from when until when; the stretches do not overlap.
-- needs: services

with

ownerships as (
    select
        service,
        team,
        tier,
        -- One without a beginning has always held.
        coalesce(valid_from, arrow_cast('0001-01-01', 'Timestamp(Microsecond, Some("UTC"))')) as owned_from,
        coalesce(valid_until, arrow_cast('9999-01-01', 'Timestamp(Microsecond, Some("UTC"))')) as owned_until
    from services
)

select
    service,
    team,
    tier,
    owned_from,
    -- The ownership that began last holds, also where the one before it was not given an end.
    least(owned_until, coalesce(lead(owned_from) over (partition by service order by owned_from), owned_until))
        as owned_until
from ownerships
