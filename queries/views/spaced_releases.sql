-- view: spaced_releases
-- about: Deployments that reached production, with those of the same service before and after each.
-- materialise: yes
-- needs: deployments

with

releases as (
    select
        deployment_id,
        service,
        team,
        finished_at
    from assessed_deployments
    where status in ('succeeded', 'rolled_back') and finished_at is not null
)

select
    deployment_id,
    service,
    team,
    finished_at,
    lag(finished_at) over (partition by service order by finished_at, deployment_id) as earlier_at,
    lead(finished_at) over (partition by service order by finished_at, deployment_id) as later_at
from releases
