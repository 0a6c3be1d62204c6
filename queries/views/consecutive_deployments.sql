-- view: consecutive_deployments
-- about: Successful deployments, each with the successful one before it of the same service and environment.
-- needs: deployments

select
    deployment_id,
    service,
    environment,
    team,
    version,
    commit_sha,
    started_at,
    finished_at,
    lag(deployment_id) over (
        partition by service, lower(environment)
        -- What began first is the earlier one, also where it took longer.
        order by coalesce(started_at, finished_at), deployment_id
    ) as previous_deployment_id
from deployments
where status = 'succeeded'
