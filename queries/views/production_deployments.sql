-- view: production_deployments
-- about: Deployments to production, each with the team that owned its service when it finished.
-- needs: deployments

select
    deployments.deployment_id,
    deployments.service,
    coalesce(deployments.team, service_owners.team) as team,
    deployments.environment,
    deployments.region,
    deployments.release_id,
    deployments.version,
    deployments.commit_sha,
    deployments.status,
    deployments.change_type,
    deployments.category,
    deployments.strategy,
    deployments.requested_at,
    deployments.approved_at,
    deployments.started_at,
    deployments.finished_at,
    deployments.is_automated,
    deployments.is_planned,
    deployments.rollback_of,
    deployments.fixes_incident_id,
    deployments.ticket_id,
    deployments.lines_changed,
    deployments.url,
    deployments.source_row
from deployments
left join service_owners
    on deployments.service = service_owners.service
    and deployments.finished_at >= service_owners.owned_from
    and deployments.finished_at < service_owners.owned_until
where deployments.is_production
