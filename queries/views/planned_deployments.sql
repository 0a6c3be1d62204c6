-- view: planned_deployments
-- about: Production deployments that were carried out and planned, with the planned and the actual time of the rollout.
-- needs: deployments.planned_start_at, deployments.planned_end_at, deployments.started_at

select
    deployment_people.deployment_id,
    deployment_people.service,
    deployment_people.team,
    deployment_people.change_type,
    deployments.planned_start_at,
    deployments.planned_end_at,
    deployments.started_at,
    deployments.finished_at,
    (cast(deployments.started_at as bigint) - cast(deployments.planned_start_at as bigint)) / 1000000.0 as start_delay_s,
    (cast(deployments.finished_at as bigint) - cast(deployments.planned_end_at as bigint)) / 1000000.0 as overrun_s
from deployment_people
inner join deployments
    on deployment_people.deployment_id = deployments.deployment_id
-- A plan that ends before it begins is a slip of the pen.
where deployments.planned_end_at >= deployments.planned_start_at and deployments.started_at is not null
