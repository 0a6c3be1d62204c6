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
),

-- Moments at which the owner may change.
turns as (
    select
        service,
        owned_from as turned_at
    from ownerships
    union
    select
        service,
        owned_until as turned_at
    from ownerships
),

stretches as (
    select
        service,
        turned_at as from_at,
        lead(turned_at) over (partition by service order by turned_at) as until_at
    from turns
),

-- Of several ownerships that hold, it is the one that began last, and of those the one that ends first: what lies inside
-- another sets it aside for its own time only.
claims as (
    select
        stretches.service,
        stretches.from_at,
        stretches.until_at,
        ownerships.team,
        ownerships.tier,
        row_number() over (
            partition by stretches.service, stretches.from_at
            order by
                ownerships.owned_from desc,
                ownerships.owned_until asc,
                ownerships.team asc nulls last,
                ownerships.tier asc nulls last
        ) as place
    from stretches
    inner join ownerships
        on stretches.service = ownerships.service
    where ownerships.owned_from <= stretches.from_at and ownerships.owned_until >= stretches.until_at
)

select
    service,
    team,
    tier,
    from_at as owned_from,
    until_at as owned_until
from claims
where place = 1
