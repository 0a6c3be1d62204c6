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

tenths as (
    select
        tenth,
        min(risk_score) as lowest_score,
        max(risk_score) as highest_score,
        count(*) as deployment_count,
        sum(case when is_known_failed then 1 else 0 end) as failed_count,
        sum(case when is_known_failed then middle_rank end) as failed_rank_sum
    from ranked
    group by tenth
),

with_whole as (
    select
        *,
        sum(deployment_count) over () as all_count,
        sum(failed_count) over () as all_failed_count,
        sum(failed_rank_sum) over () as rank_sum
    from tenths
)

select
    tenth,
    lowest_score,
    highest_score,
    deployment_count,
    failed_count,
    cast(failed_count as double) / deployment_count as fail_ratio,
    wilson_low(failed_count, deployment_count) as low_ratio,
    wilson_high(failed_count, deployment_count) as high_ratio,
    -- Mann and Whitney's U, as a share of all pairs.
    (rank_sum - all_failed_count * (all_failed_count + 1) / 2.0)
    / nullif(all_failed_count * (all_count - all_failed_count), 0) as chance_failed_scored_higher_ratio
from with_whole
