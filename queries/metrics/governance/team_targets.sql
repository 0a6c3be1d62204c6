-- metric: team_targets
-- title: Targets against reality
-- question: Which teams meet the targets that were set for them?
-- why: A target that everybody misses says something about the target.
-- aggregate: table
-- unit: count
-- better: none
-- events: targets
-- order: team asc, measure asc
-- chart: none
-- needs: deployments, teams
-- caveat: The 90 days up to now. Met or missed only where the whole 95 % interval lies on one side of the target; otherwise there is too little to tell. Lead and recovery times in seconds, deployments a week, the fail rate as a share.

with

targets as (
    select
        team,
        maturity,
        'deployments per week' as measure,
        target_deployments_per_week as target,
        true as is_higher_better
    from teams
    where target_deployments_per_week is not null
    union all
    select
        team,
        maturity,
        'change fail rate' as measure,
        target_change_fail_ratio as target,
        false as is_higher_better
    from teams
    where target_change_fail_ratio is not null
    union all
    select
        team,
        maturity,
        'change lead time' as measure,
        target_lead_time_s as target,
        false as is_higher_better
    from teams
    where target_lead_time_s is not null
    union all
    select
        team,
        maturity,
        'recovery time' as measure,
        target_recovery_s as target,
        false as is_higher_better
    from teams
    where target_recovery_s is not null
),

log as (
    select
        greatest(cast($as_of as bigint) - 90 * 86400000000, min(cast(finished_at as bigint))) as from_us,
        cast($as_of as bigint) as until_us
    from production_deployments
),

frequencies as (
    select
        deployment_frequency.team,
        'deployments per week' as measure,
        count(*) as n,
        count(*) / (max(log.until_us - log.from_us) / 604800000000.0) as actual,
        poisson_low(count(*), max(log.until_us - log.from_us) / 604800000000.0) as low,
        poisson_high(count(*), max(log.until_us - log.from_us) / 604800000000.0) as high
    from deployment_frequency
    cross join log
    where cast(deployment_frequency.finished_at as bigint) >= log.from_us and log.until_us > log.from_us
    group by deployment_frequency.team
),

fail_rates as (
    select
        judged_deployments.team,
        'change fail rate' as measure,
        count(*) as n,
        avg(case when judged_deployments.is_failed then 1.0 else 0.0 end) as actual,
        wilson_low(sum(case when judged_deployments.is_failed then 1 else 0 end), count(*)) as low,
        wilson_high(sum(case when judged_deployments.is_failed then 1 else 0 end), count(*)) as high
    from judged_deployments
    cross join log
    where judged_deployments.is_counted and cast(judged_deployments.finished_at as bigint) >= log.from_us
    group by judged_deployments.team
),

lead_times as (
    select
        delivered_changes.team,
        'change lead time' as measure,
        count(*) as n,
        median(delivered_changes.lead_s) as actual,
        median_low(delivered_changes.lead_s) as low,
        median_high(delivered_changes.lead_s) as high
    from delivered_changes
    cross join log
    where delivered_changes.lead_s >= 0 and cast(delivered_changes.deployed_at as bigint) >= log.from_us
    group by delivered_changes.team
),

recoveries_of_teams as (
    select
        failed_deployment_recovery_time.team,
        'recovery time' as measure,
        count(*) as n,
        km_median(failed_deployment_recovery_time.recovery_s, failed_deployment_recovery_time.is_observed) as actual,
        km_low(failed_deployment_recovery_time.recovery_s, failed_deployment_recovery_time.is_observed) as low,
        km_high(failed_deployment_recovery_time.recovery_s, failed_deployment_recovery_time.is_observed) as high
    from failed_deployment_recovery_time
    cross join log
    where cast(failed_deployment_recovery_time.failed_at as bigint) >= log.from_us
    group by failed_deployment_recovery_time.team
),

measured as (
    select * from frequencies
    union all
    select * from fail_rates
    union all
    select * from lead_times
    union all
    select * from recoveries_of_teams
)

select
    targets.team,
    targets.maturity,
    targets.measure,
    targets.target,
    coalesce(measured.n, 0) as n,
    measured.actual,
    measured.low,
    measured.high,
    case
        when measured.low > targets.target then case when targets.is_higher_better then 'met' else 'missed' end
        when measured.high < targets.target then case when targets.is_higher_better then 'missed' else 'met' end
        else 'too little to tell'
    end as verdict
from targets
left join measured
    on targets.team = measured.team and targets.measure = measured.measure
