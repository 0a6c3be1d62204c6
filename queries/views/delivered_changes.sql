-- view: delivered_changes
-- about: Changes that reached production, with the seconds that each stage of their way took.
-- needs: deployments, changes

select
    deliveries.change_id,
    deliveries.deployment_id,
    deliveries.rule,
    deliveries.service,
    coalesce(deliveries.team, service_owners.team) as team,
    deliveries.committed_at,
    deliveries.opened_at,
    deliveries.merged_at,
    deliveries.deployed_at,
    (
        cast(deliveries.deployed_at as bigint)
        - cast(
            case $lead_time_start
                when 'opened' then deliveries.opened_at
                when 'merged' then deliveries.merged_at
                else deliveries.committed_at
            end as bigint
        )
    ) / 1000000.0 as lead_s,
    (cast(deliveries.opened_at as bigint) - cast(deliveries.committed_at as bigint)) / 1000000.0 as coding_s,
    (cast(deliveries.merged_at as bigint) - cast(deliveries.opened_at as bigint)) / 1000000.0 as review_s,
    (cast(deliveries.deployed_at as bigint) - cast(deliveries.merged_at as bigint)) / 1000000.0 as waiting_s
from deliveries
left join service_owners
    on deliveries.service = service_owners.service
