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
-- caveat: The 90 days before the end of the period, or the time since the first deployment of all where that is shorter. A team that deployed before and not in that time has a rate of nothing; of one that the log never names nothing is known. Met or missed only where the whole 95 % interval lies on one side of the target; otherwise there is too little to tell.

with

log as (
    select
        greatest(cast($from_at as bigint), min(cast(finished_at as bigint))) as from_us,
        cast($until_at as bigint) as until_us
    from production_deployments
),

spans as (
    select
        from_us,
        until_us,
        (until_us - from_us) / 604800000000.0 as weeks
    from log
    where from_us < until_us
),

-- A team that the log names and that was quiet deployed nothing; of others the log does not tell.
named as (
    select distinct
        production_deployments.team,
        spans.weeks
    from production_deployments
    inner join spans
        on cast(production_deployments.finished_at as bigint) < spans.until_us
),

counted as (
    select
        deployment_frequency.team,
        count(*) as n
    from deployment_frequency
    inner join spans
        on cast(deployment_frequency.finished_at as bigint) >= spans.from_us
        and cast(deployment_frequency.finished_at as bigint) < spans.until_us
    group by deployment_frequency.team
),

measured as (
    select
        named.team,
        coalesce(counted.n, 0) as n,
        coalesce(counted.n, 0) / named.weeks as actual_per_week,
        poisson_low(coalesce(counted.n, 0), named.weeks) as low_per_week,
        poisson_high(coalesce(counted.n, 0), named.weeks) as high_per_week
    from named
    left join counted
        on named.team = counted.team
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
