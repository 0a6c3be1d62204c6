-- view: deployment_risks
-- about: Each production deployment with what was known of its risk beforehand, in parts from 0 to 1 and as a score to 100.
-- materialise: yes
-- needs: deployments

-- The weights are a judgement, not a measurement: history 30, churn 30, tier 20, dependants 10, sensitivity 10.
-- risk_calibration holds the score against what happened. A part that is not known has no weight, so a score rests on
-- what is known of the deployment; `known_weight` says how much that is.

with

dependants as (
    select
        depends_on as service,
        count(distinct service) as dependant_count
    from dependencies
    where service <> depends_on
    group by depends_on
),

sensitivities as (
    select
        service,
        max(
            case lower(data_sensitivity)
                when 'restricted' then 1.0
                when 'secret' then 1.0
                when 'confidential' then 2.0 / 3.0
                when 'internal' then 1.0 / 3.0
                when 'public' then 0.0
            end
        ) as sensitivity_part
    from services
    group by service
),

-- A failure counts from when it was known, so that no score knows the future.
moments as (
    select
        deployment_id,
        service,
        finished_at as at,
        1 as deployed,
        0 as failed
    from assessed_deployments
    where is_counted
    union all
    select
        null as deployment_id,
        service,
        greatest(coalesce(least(first_incident_at, undone_at), finished_at), finished_at) as at,
        0 as deployed,
        1 as failed
    from assessed_deployments
    where is_counted and is_known_failed
),

-- Of the 180 days before: 15,552,000 s. The deployment itself is not its own history; a failure of the same instant is
-- not known yet.
histories as (
    select
        deployment_id,
        trailing_sum(deployed, at, 15552000, 0) over (partition by service order by at) - 1 as earlier_count,
        trailing_sum(failed, at, 15552000, 0.000001) over (partition by service order by at) as earlier_failed_count
    from moments
),

parts as (
    select
        assessed_deployments.deployment_id,
        assessed_deployments.service,
        assessed_deployments.team,
        assessed_deployments.finished_at,
        assessed_deployments.is_known_failed,
        -- 30 % known failures or more are the worst; fewer than five deployments are no history.
        case
            when histories.earlier_count >= 5
                then least(coalesce(histories.earlier_failed_count, 0) / (0.3 * histories.earlier_count), 1.0)
        end as history_part,
        -- Each tenfold of lines adds the same; 1,000 lines or more are the worst.
        case
            when assessed_deployments.lines_changed >= 0
                then least(log10(1.0 + assessed_deployments.lines_changed) / 3.0, 1.0)
        end as churn_part,
        case
            when service_owners.tier >= 1 then greatest((4.0 - service_owners.tier) / 3.0, 0.0)
        end as tier_part,
        -- Five dependants or more are the worst; where no dependency at all is known, nobody's number is.
        case
            when (select count(*) from dependencies) > 0 then least(coalesce(dependants.dependant_count, 0) / 5.0, 1.0)
        end as dependants_part,
        sensitivities.sensitivity_part
    from assessed_deployments
    left join histories
        on assessed_deployments.deployment_id = histories.deployment_id
    left join service_owners
        on assessed_deployments.service = service_owners.service
        and assessed_deployments.finished_at >= service_owners.owned_from
        and assessed_deployments.finished_at < service_owners.owned_until
    left join dependants
        on assessed_deployments.service = dependants.service
    left join sensitivities
        on assessed_deployments.service = sensitivities.service
    where assessed_deployments.is_counted
),

weighed as (
    select
        *,
        case when history_part is null then 0 else 30 end
        + case when churn_part is null then 0 else 30 end
        + case when tier_part is null then 0 else 20 end
        + case when dependants_part is null then 0 else 10 end
        + case when sensitivity_part is null then 0 else 10 end as known_weight
    from parts
)

select
    *,
    case
        when known_weight >= 30
            then 100.0 * (
                30.0 * coalesce(history_part, 0)
                + 30.0 * coalesce(churn_part, 0)
                + 20.0 * coalesce(tier_part, 0)
                + 10.0 * coalesce(dependants_part, 0)
                + 10.0 * coalesce(sensitivity_part, 0)
            ) / known_weight
    end as risk_score
from weighed
