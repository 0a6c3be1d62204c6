-- release: tickets
-- title: Tickets
-- needs: tickets
-- empty: No ticket is known to be about it.

with

lens as (
    select *
    from deployments
    where
        case $lens
            when 'release' then release_id
            when 'version' then version
            else deployment_id
        end = $name
        and ($service = '' or service = $service)
),

-- A ticket belongs to a release that it names, whose deployment names it, or of which a change names it.
named as (
    select
        tickets.ticket_id,
        'names the release' as why,
        1 as place
    from tickets
    where tickets.release_id in (select release_id from lens)
    union all
    select
        lens.ticket_id,
        'named by the deployment' as why,
        2 as place
    from lens
    where lens.ticket_id is not null
    union all
    select
        changes.ticket_id,
        'named by change ' || changes.change_id as why,
        3 as place
    from lens
    inner join deliveries
        on lens.deployment_id = deliveries.deployment_id
    inner join changes
        on deliveries.change_id = changes.change_id
    where changes.ticket_id is not null
    union all
    select
        tickets.ticket_id,
        'names the version' as why,
        4 as place
    from lens
    inner join tickets
        on lens.service = tickets.service
        and lens.version = tickets.version
),

once as (
    select
        ticket_id,
        why,
        row_number() over (partition by ticket_id order by place asc, why asc) as choice
    from named
)

select
    tickets.ticket_id,
    tickets.kind,
    tickets.priority,
    tickets.status,
    tickets.title,
    tickets.created_at,
    tickets.resolved_at,
    once.why
from once
inner join tickets
    on once.ticket_id = tickets.ticket_id
where once.choice = 1
order by tickets.created_at asc, tickets.ticket_id asc
