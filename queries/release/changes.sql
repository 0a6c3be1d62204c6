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
    -- As change_lead_time has it: a deployment before the clock starts is a wrong clock.
    case when delivered_changes.lead_s >= 0 then delivered_changes.lead_s end as lead_s,
    changes.lines_changed,
    changes.ticket_id,
    -- How the change is known to have come with this deployment.
    delivered_changes.rule
from lens
inner join delivered_changes
    on lens.deployment_id = delivered_changes.deployment_id
inner join changes
    on delivered_changes.change_id = changes.change_id
order by coalesce(changes.committed_at, changes.opened_at) asc, changes.change_id asc
