-- metric: frequency_targets
-- title: Deployment frequency against targets
-- question: Which teams deploy as often as was set for them?
-- why: A target that everybody misses says something about the target.
-- aggregate: table
-- unit: count
-- better: none
-- events: targets
-- order: team asc
-- chart: none
-- needs: deployments, teams.target_deployments_per_week
-- looks_back: 90d
-- caveat: The 90 days before the end of the period, or the time since the first deployment of all where that is shorter. Met or missed only where the whole 95 % interval lies on one side of the target; otherwise there is too little to tell.

with

log as (
    select
        greatest(cast($from_at as bigint), min(cast(finished_at as bigint))) as from_us,
        cast($until_at as bigint) as until_us
    from production_deployments
),

counted as (
    select
        deployment_frequency.team,
        count(*) as n,
        max(log.until_us - log.from_us) / 604800000000.0 as weeks
    from deployment_frequency
    cross join log
    where
        cast(deployment_frequency.finished_at as bigint) >= log.from_us
        and cast(deployment_frequency.finished_at as bigint) < log.until_us
    group by deployment_frequency.team
),

measured as (
    select
        team,
        n,
        n / weeks as actual_per_week,
        poisson_low(n, weeks) as low_per_week,
        poisson_high(n, weeks) as high_per_week
    from counted
)

select
    teams.team,
    teams.maturity,
    coalesce(measured.n, 0) as n,
    teams.target_deployments_per_week as target_per_week,
    measured.actual_per_week,
    measured.low_per_week,
    measured.high_per_week,
    case
        when measured.low_per_week > teams.target_deployments_per_week then 'met'
        when measured.high_per_week < teams.target_deployments_per_week then 'missed'
        else 'too little to tell'
    end as verdict
from teams
left join measured
    on teams.team = measured.team
where teams.target_deployments_per_week is not null
