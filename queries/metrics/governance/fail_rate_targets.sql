-- metric: fail_rate_targets
-- title: Change fail rate against targets
-- question: Which teams break as little as was set for them?
-- why: A target that everybody misses says something about the target.
-- aggregate: table
-- unit: count
-- better: none
-- events: targets
-- order: team asc
-- chart: none
-- needs: deployments, failures, teams.target_change_fail_ratio
-- looks_back: 90d
-- caveat: The 90 days before the end of the period. Met or missed only where the whole 95 % interval lies on one side of the target; otherwise there is too little to tell.

with

counted as (
    select
        team,
        count(*) as n,
        sum(case when is_failed then 1 else 0 end) as failed_count
    from judged_deployments
    where is_counted and finished_at >= $from_at and finished_at < $until_at
    group by team
),

measured as (
    select
        team,
        n,
        cast(failed_count as double) / n as actual_ratio,
        wilson_low(failed_count, n) as low_ratio,
        wilson_high(failed_count, n) as high_ratio
    from counted
)

select
    teams.team,
    teams.maturity,
    coalesce(measured.n, 0) as n,
    teams.target_change_fail_ratio as target_ratio,
    measured.actual_ratio,
    measured.low_ratio,
    measured.high_ratio,
    case
        when measured.low_ratio > teams.target_change_fail_ratio then 'missed'
        when measured.high_ratio < teams.target_change_fail_ratio then 'met'
        else 'too little to tell'
    end as verdict
from teams
left join measured
    on teams.team = measured.team
where teams.target_change_fail_ratio is not null
