-- metric: dossier_tickets
-- title: Change records
-- question: Which tickets stand behind each deployment, and are they known?
-- why: A number in a field is a record only where the record exists.
-- aggregate: table
-- at: finished_at
-- unit: count
-- better: none
-- events: references to tickets
-- order: finished_at asc, deployment_id asc, ticket_id asc, named_by asc
-- chart: none
-- needs: deployments, deployments.ticket_id | approvals.ticket_id | changes.ticket_id
-- caveat: named_by says whose record names the ticket. is_known is empty where no tickets were given at all. Changes that were only the next to go out after their merge are left out.

with

named as (
    select
        deployment_id,
        ticket_id,
        'deployment' as named_by
    from deployments
    union
    select
        deployment_id,
        ticket_id,
        'approval' as named_by
    from approvals
    union
    select
        deliveries.deployment_id,
        changes.ticket_id,
        'change' as named_by
    from deliveries
    inner join changes
        on deliveries.change_id = changes.change_id
    where deliveries.rule <> 'next'
)

select
    named.deployment_id,
    deployment_people.service,
    deployment_people.finished_at,
    named.ticket_id,
    named.named_by,
    case when (select count(*) from tickets) > 0 then tickets.ticket_id is not null end as is_known,
    tickets.kind,
    tickets.status,
    tickets.created_at,
    tickets.resolved_at,
    tickets.title,
    tickets.url,
    tickets.source_row
from named
inner join deployment_people
    on named.deployment_id = deployment_people.deployment_id
left join tickets
    on named.ticket_id = tickets.ticket_id
where named.ticket_id is not null
