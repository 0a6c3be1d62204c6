-- metric: risk_calibration
-- title: Risk score against what happened
-- question: Do deployments with a high risk score fail more often?
-- why: A score that does not tell good from bad only looks like caution.
-- aggregate: table
-- unit: count
-- better: none
-- events: tenths of the deployments
-- order: tenth asc
-- chart: none
-- needs: deployments.lines_changed | services.tier, failures
-- looks_back: all
-- caveat: All deployments before the end of the period, in ten parts of equal size from the lowest score to the highest; known failures only. The chance that a failed deployment scored higher than one that did not is 0.5 for a coin and 1 for a prophet.

with

ranked as (
    select
        risk_score,
        is_known_failed,
        ntile(10) over (order by risk_score, deployment_id) as tenth,
        -- Equal scores share the middle of their ranks.
        rank() over (order by risk_score) + (count(*) over (partition by risk_score) - 1) / 2.0 as middle_rank
    from deployment_risks
    where risk_score is not null and finished_at < $until_at
),

whole as (
    select
        count(*) as n,
        sum(case when is_known_failed then 1 else 0 end) as failed_count,
        sum(case when is_known_failed then middle_rank end) as rank_sum
    from ranked
),

tenths as (
    select
        tenth,
        min(risk_score) as lowest_score,
        max(risk_score) as highest_score,
        count(*) as deployment_count,
        sum(case when is_known_failed then 1 else 0 end) as failed_count
    from ranked
    group by tenth
)

select
    tenths.tenth,
    tenths.lowest_score,
    tenths.highest_score,
    tenths.deployment_count,
    tenths.failed_count,
    cast(tenths.failed_count as double) / tenths.deployment_count as fail_ratio,
    wilson_low(tenths.failed_count, tenths.deployment_count) as low_ratio,
    wilson_high(tenths.failed_count, tenths.deployment_count) as high_ratio,
    -- Mann and Whitney's U, as a share of all pairs.
    (whole.rank_sum - whole.failed_count * (whole.failed_count + 1) / 2.0)
    / nullif(whole.failed_count * (whole.n - whole.failed_count), 0) as chance_failed_scored_higher_ratio
from tenths
cross join whole
