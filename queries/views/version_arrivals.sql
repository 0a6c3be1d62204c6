-- view: version_arrivals
-- about: The first time that each version of a service succeeded in each environment.
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
),

placed as (
    select
        *,
        row_number() over (
            partition by service, version, environment
            order by finished_at, deployment_id
        ) as place
    from succeeded
)

select
    deployment_id,
    service,
    team,
    environment,
    is_production,
    version,
    finished_at as arrived_at
from placed
where place = 1
