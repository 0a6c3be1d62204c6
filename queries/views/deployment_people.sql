-- view: deployment_people
-- about: Production deployments that were carried out, with who asked for them and who ran them, names in lower case.
-- needs: deployments

select
    deployments.deployment_id,
    deployments.service,
    coalesce(deployments.team, service_owners.team) as team,
    service_owners.tier,
    deployments.environment,
    deployments.region,
    deployments.change_type,
    deployments.started_at,
    deployments.finished_at,
    nullif(lower(trim(deployments.requested_by)), '') as requester,
    -- Where no hand was needed, the name is that of whoever merged or of a program: it did not carry anything out.
    case
        when not coalesce(deployments.is_automated, false) then nullif(lower(trim(deployments.deployed_by)), '')
    end as deployer,
    coalesce(deployments.is_automated, false) as is_automated,
    deployments.source_row
from deployments
left join service_owners
    on deployments.service = service_owners.service
    and deployments.finished_at >= service_owners.owned_from
    and deployments.finished_at < service_owners.owned_until
where deployments.is_production and deployments.status in ('succeeded', 'failed', 'rolled_back')
