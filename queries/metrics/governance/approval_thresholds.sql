-- metric: approval_thresholds
-- title: Approval thresholds suggested by history
-- question: Up to which risk score could deployments go out without a separate approval?
-- why: A gate that asks the same of every deployment is too slow for most and too weak for some.
-- aggregate: table
-- unit: count
-- better: none
-- events: teams with a target
-- order: team asc
-- chart: none
-- needs: deployments.lines_changed | services.tier, known failures, teams.target_change_fail_ratio
-- looks_back: all
-- caveat: A threshold in steps of five holds where the upper end of the 95 % interval of the known fail rate below it is under the team's target; for all teams together, under the strictest target. The smallest that holds frees the least, the largest the most; what is told of deployments below is told of the largest. Not enough history is said where even no failure at all would not do. Twenty thresholds are tried, so one may hold by luck; and what was approved with care may fail when it is not.

with

banded as (
    select
        team,
        least(cast(floor(risk_score / 5) as bigint), 19) as band,
        count(*) as deployment_count,
        sum(case when is_known_failed then 1 else 0 end) as failed_count
    from deployment_risks
    where risk_score is not null and finished_at < $until_at
    group by team, least(cast(floor(risk_score / 5) as bigint), 19)
),

grouped as (
    select
        team,
        band,
        deployment_count,
        failed_count
    from banded
    where team is not null
    union all
    select
        'all teams' as team,
        band,
        sum(deployment_count) as deployment_count,
        sum(failed_count) as failed_count
    from banded
    group by band
),

targets as (
    select
        team,
        target_change_fail_ratio as target_ratio
    from teams
    where target_change_fail_ratio is not null
    union all
    select
        'all teams' as team,
        min(target_change_fail_ratio) as target_ratio
    from teams
),

below as (
    select
        team,
        5 * (band + 1) as threshold,
        sum(deployment_count) over (partition by team order by band) as below_deployment_count,
        sum(failed_count) over (partition by team order by band) as below_failed_count
    from grouped
),

judged as (
    select
        below.*,
        wilson_high(below.below_failed_count, below.below_deployment_count) as below_high_ratio,
        wilson_high(below.below_failed_count, below.below_deployment_count) < targets.target_ratio as holds
    from below
    inner join targets
        on below.team = targets.team
),

wholes as (
    select
        team,
        sum(deployment_count) as deployment_count,
        sum(failed_count) as failed_count
    from grouped
    group by team
),

suggested as (
    select
        team,
        min(threshold) as smallest_threshold,
        max(threshold) as largest_threshold
    from judged
    where holds
    group by team
)

select
    targets.team,
    targets.target_ratio,
    coalesce(wholes.deployment_count, 0) as deployment_count,
    cast(wholes.failed_count as double) / wholes.deployment_count as fail_ratio,
    suggested.smallest_threshold,
    suggested.largest_threshold,
    judged.below_deployment_count,
    judged.below_failed_count,
    judged.below_high_ratio,
    cast(judged.below_deployment_count as double) / wholes.deployment_count as freed_ratio,
    case
        when suggested.team is not null then 'holds'
        when wilson_high(0, coalesce(wholes.deployment_count, 0)) < targets.target_ratio then 'none holds'
        else 'not enough history'
    end as verdict
from targets
left join wholes
    on targets.team = wholes.team
left join suggested
    on targets.team = suggested.team
left join judged
    on suggested.team = judged.team and suggested.largest_threshold = judged.threshold
