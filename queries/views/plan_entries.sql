-- view: plan_entries
-- about: Entries of a proposed release calendar, each with the team that owns the service and what else the checks need.
-- needs: plan

select
    plan.source_row as entry_row,
    coalesce(plan.entry_id, plan.title, plan.source_row) as entry,
    plan.service,
    coalesce(plan.team, service_owners.team) as team,
    coalesce(plan.environment, 'production') as environment,
    plan.region,
    coalesce(plan.change_type, 'unknown') as change_type,
    plan.release_id,
    plan.ticket_id,
    plan.starts_at,
    plan.ends_at
from plan
left join service_owners
    on plan.service = service_owners.service
    and plan.starts_at >= service_owners.owned_from
    and plan.starts_at < service_owners.owned_until
