-- release: deployments
-- title: Deployments
-- needs: deployments
-- empty: No deployment bears this name.

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
    lens.deployment_id,
    lens.service,
    coalesce(assessed_deployments.team, lens.team) as team,
    lens.environment,
    lens.version,
    lens.status,
    lens.change_type,
    lens.finished_at,
    assessed_deployments.duration_s,
    assessed_deployments.failure_rule,
    assessed_deployments.undone_at,
    lens.requested_by,
    lens.approved_by,
    lens.deployed_by,
    lens.ticket_id,
    lens.is_production
from lens
left join assessed_deployments
    on lens.deployment_id = assessed_deployments.deployment_id
order by lens.finished_at asc nulls last, lens.deployment_id asc
