-- metric: lead_time_targets
-- title: Change lead time against targets
-- question: Which teams deliver a change as fast as was set for them?
-- why: A target that everybody misses says something about the target.
-- aggregate: table
-- unit: count
-- better: none
-- events: targets
-- order: team asc
-- chart: none
-- needs: deployments, changes, teams.target_lead_time_s
-- looks_back: 90d
-- caveat: The 90 days before the end of the period, median lead time. Met or missed only where the whole 95 % interval lies on one side of the target; otherwise there is too little to tell.

with

measured as (
    select
        team,
        count(*) as n,
        median(lead_s) as actual_s,
        median_low(lead_s) as low_s,
        median_high(lead_s) as high_s
    from delivered_changes
    where lead_s >= 0 and deployed_at >= $from_at and deployed_at < $until_at
    group by team
)

select
    teams.team,
    teams.maturity,
    coalesce(measured.n, 0) as n,
    teams.target_lead_time_s as target_s,
    measured.actual_s,
    measured.low_s,
    measured.high_s,
    case
        when measured.low_s > teams.target_lead_time_s then 'missed'
        when measured.high_s < teams.target_lead_time_s then 'met'
        else 'too little to tell'
    end as verdict
from teams
left join measured
    on teams.team = measured.team
where teams.target_lead_time_s is not null
