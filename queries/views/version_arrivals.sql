-- view: version_arrivals
-- about: The first time that each version of a service succeeded in each environment.
-- materialise: yes
-- needs: deployments.version | deployments.commit_sha

with

succeeded as (
    select
        deployments.deployment_id,
        deployments.service,
        coalesce(deployments.team, service_owners.team) as team,
        deployments.environment,
        deployments.is_production,
        coalesce(deployments.version, deployments.commit_sha) as version,
        deployments.finished_at
    from deployments
    left join service_owners
        on deployments.service = service_owners.service
        and deployments.finished_at >= service_owners.owned_from
        and deployments.finished_at < service_owners.owned_until
    where deployments.status = 'succeeded' and coalesce(deployments.version, deployments.commit_sha) is not null
)

select
    first_value(deployment_id order by finished_at, deployment_id) as deployment_id,
    service,
    first_value(team order by finished_at, deployment_id) as team,
    environment,
    is_production,
    version,
    min(finished_at) as arrived_at
from succeeded
group by service, environment, is_production, version
