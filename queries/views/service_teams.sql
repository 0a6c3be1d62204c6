-- view: service_teams
-- about: Each service with each team that deployed it to production, and when the team did so last.
-- needs: deployments

select
    service,
    team,
    count(*) as deployment_count,
    max(finished_at) as last_deployed_at
from production_deployments
where service is not null
group by service, team
