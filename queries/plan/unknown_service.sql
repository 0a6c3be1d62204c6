-- plan: unknown_service
-- title: Its service is known
-- why: No rule, window or history is found for a name that is mistyped, so nothing else would be said of it.
-- weight: soft
-- needs: plan, deployments | services

with

known as (
    select service from deployments
    union
    select service from services
),

near as (
    select
        plan_entries.entry_row,
        string_agg(known.service, ', ' order by known.service) as services
    from plan_entries
    inner join known
        -- A slip or two of the keyboard.
        on levenshtein(lower(plan_entries.service), lower(known.service)) <= 2
    group by plan_entries.entry_row
)

select
    plan_entries.entry,
    plan_entries.service,
    plan_entries.environment,
    plan_entries.starts_at,
    'the list of services' as clashes_with,
    'nothing else knows it' || coalesce('; near it: ' || near.services, '') as evidence
from plan_entries
left join near
    on plan_entries.entry_row = near.entry_row
where not exists (select 1 from known where known.service = plan_entries.service)
order by plan_entries.starts_at, plan_entries.entry
