-- metric: recovery_targets
-- title: Recovery time against targets
-- question: Which teams recover as fast as was set for them?
-- why: A target that everybody misses says something about the target.
-- aggregate: table
-- unit: count
-- better: none
-- events: targets
-- order: team asc
-- chart: none
-- needs: deployments, failures, teams.target_recovery_s
-- looks_back: 90d
-- caveat: The 90 days before the end of the period, median with open cases counted as censored. Met or missed only where the whole 95 % interval lies on one side of the target; otherwise there is too little to tell.

with

measured as (
    select
        team,
        count(*) as n,
        km_median(recovery_s, is_observed) as actual_s,
        km_low(recovery_s, is_observed) as low_s,
        km_high(recovery_s, is_observed) as high_s
    from failed_deployment_recovery_time
    where failed_at >= $from_at and failed_at < $until_at
    group by team
)

select
    teams.team,
    teams.maturity,
    coalesce(measured.n, 0) as n,
    teams.target_recovery_s as target_s,
    measured.actual_s,
    measured.low_s,
    measured.high_s,
    case
        when measured.low_s > teams.target_recovery_s then 'missed'
        when measured.high_s < teams.target_recovery_s then 'met'
        else 'too little to tell'
    end as verdict
from teams
left join measured
    on teams.team = measured.team
where teams.target_recovery_s is not null
