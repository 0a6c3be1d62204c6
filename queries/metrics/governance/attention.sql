-- metric: attention
-- title: Teams and services that need attention
-- question: Whose deployments fail more often, or less, than chance among peers would have it?
-- why: Somebody is always last in a league; limits say where there is something to look at.
-- aggregate: table
-- unit: count
-- better: none
-- events: teams and services outside the limits
-- order: kind desc, name asc
-- chart: none
-- needs: deployments, failures
-- looks_back: 180d
-- caveat: Known failures of the 180 days before the end of the period, against the common rate, with the exact 95 % funnel limits. Listed is what lies outside them at a false discovery rate of 5 % over all groups of its kind. No ranking: by name. Groups of fewer than ten deployments are not judged.

with

recent as (
    select
        service,
        team,
        is_known_failed
    from judged_deployments
    where is_counted and finished_at >= $from_at and finished_at < $until_at
),

whole as (
    select avg(case when is_known_failed then 1.0 else 0.0 end) as common_ratio
    from recent
),

groups as (
    select
        'team' as kind,
        team as name,
        count(*) as deployment_count,
        sum(case when is_known_failed then 1 else 0 end) as failed_count
    from recent
    where team is not null
    group by team
    union all
    select
        'service' as kind,
        service as name,
        count(*) as deployment_count,
        sum(case when is_known_failed then 1 else 0 end) as failed_count
    from recent
    group by service
),

judged as (
    select
        groups.kind,
        groups.name,
        groups.deployment_count,
        groups.failed_count,
        cast(groups.failed_count as double) / groups.deployment_count as fail_ratio,
        whole.common_ratio,
        funnel_low(groups.deployment_count, whole.common_ratio) as limit_low,
        funnel_high(groups.deployment_count, whole.common_ratio) as limit_high,
        binomial_p(groups.failed_count, groups.deployment_count, whole.common_ratio) as p
    from groups
    cross join whole
    where groups.deployment_count >= 10
),

adjusted as (
    select
        *,
        q_value(p) over (partition by kind) as q
    from judged
)

select
    kind,
    name,
    deployment_count,
    failed_count,
    fail_ratio,
    common_ratio,
    limit_low as limit_low_ratio,
    limit_high as limit_high_ratio,
    q,
    case when fail_ratio > limit_high then 'fails more often' else 'fails less often' end as verdict
from adjusted
where (fail_ratio > limit_high or fail_ratio < limit_low) and q <= 0.05
