-- metric: change_tickets_not_deployed
-- title: Change records without a deployment
-- question: Which change records were closed although nothing was deployed under them?
-- why: Either the work was not done, or it was done where nobody wrote it down.
-- aggregate: table
-- at: resolved_at
-- unit: count
-- better: none
-- events: change records without a deployment
-- order: resolved_at asc, ticket_id asc
-- chart: none
-- needs: deployments, tickets.kind
-- caveat: Tickets of kind change that are resolved. One counts as deployed when a deployment to any environment, an approval of one or a delivered change names it.

with

deployed as (
    select ticket_id
    from deployments
    where ticket_id is not null
    union
    select ticket_id
    from approvals
    where ticket_id is not null and deployment_id is not null
    union
    select changes.ticket_id
    from changes
    inner join deliveries
        on changes.change_id = deliveries.change_id
    where changes.ticket_id is not null
)

select
    tickets.ticket_id,
    tickets.service,
    tickets.title,
    tickets.created_at,
    tickets.resolved_at,
    tickets.source_row
from tickets
left anti join deployed
    on tickets.ticket_id = deployed.ticket_id
where tickets.kind = 'change' and tickets.resolved_at is not null
