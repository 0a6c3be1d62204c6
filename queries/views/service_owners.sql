-- view: service_owners
-- about: Each service with the team that owns it now.
-- needs: services

with

-- The ownership that began last holds; one without a beginning has always held.
latest as (
    select
        service,
        team,
        tier,
        row_number() over (
            partition by service
            order by valid_from desc nulls last, team asc
        ) as ownership_rank
    from services
    where
        (valid_from is null or valid_from <= $as_of)
        and (valid_until is null or valid_until > $as_of)
)

select
    service,
    team,
    tier
from latest
where ownership_rank = 1
