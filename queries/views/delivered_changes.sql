-- view: delivered_changes
-- about: Changes that reached production, with the seconds that each stage of their way took.
-- needs: deployments, changes

with

staged as (
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
        case $lead_time_start
            when 'opened' then deliveries.opened_at
            when 'merged' then deliveries.merged_at
            -- Where nobody tells the first commit, the opening is the first that is known of the change.
            else coalesce(deliveries.committed_at, deliveries.opened_at)
        end as started_at,
        case
            when $lead_time_start in ('opened', 'merged') then $lead_time_start
            when deliveries.committed_at is not null then 'first commit'
            when deliveries.opened_at is not null then 'opened'
        end as measured_from,
        (cast(deliveries.opened_at as bigint) - cast(deliveries.committed_at as bigint)) / 1000000.0 as coding_s,
        (cast(deliveries.merged_at as bigint) - cast(deliveries.opened_at as bigint)) / 1000000.0 as review_s,
        (cast(deliveries.deployed_at as bigint) - cast(deliveries.merged_at as bigint)) / 1000000.0 as waiting_s
    from deliveries
    left join service_owners
        on deliveries.service = service_owners.service
        and deliveries.deployed_at >= service_owners.owned_from
        and deliveries.deployed_at < service_owners.owned_until
)

select
    change_id,
    deployment_id,
    rule,
    service,
    team,
    committed_at,
    opened_at,
    merged_at,
    deployed_at,
    measured_from,
    case
        when not $lead_time_by_stages
            then (cast(deployed_at as bigint) - cast(started_at as bigint)) / 1000000.0
        -- A stage that is unknown, or that runs backwards, counts as nothing.
        else
            case when $lead_time_start in ('first_commit', 'commit') and coding_s > 0 then coding_s else 0 end
            + case when $lead_time_start <> 'merged' and review_s > 0 then review_s else 0 end
            + case when waiting_s > 0 then waiting_s else 0 end
    end as lead_s,
    coding_s,
    review_s,
    waiting_s
from staged
