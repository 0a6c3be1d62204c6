-- release: changes
-- title: Changes
-- needs: changes
-- empty: No change is known to have come with it.

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
)

select
    changes.change_id,
    lens.service,
    changes.category,
    changes.author,
    changes.reviewers,
    changes.committed_at,
    deliveries.lead_s,
    changes.lines_changed,
    changes.ticket_id,
    -- How the change is known to have come with this deployment.
    deliveries.rule
from lens
inner join deliveries
    on lens.deployment_id = deliveries.deployment_id
inner join changes
    on deliveries.change_id = changes.change_id
order by coalesce(changes.committed_at, changes.opened_at) asc, changes.change_id asc
