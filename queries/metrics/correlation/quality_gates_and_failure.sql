-- metric: quality_gates_and_failure
-- title: Quality gates and failure
-- question: Which quality gates predict that a release fails in production, and which do not?
-- why: A gate that predicts nothing costs time and trust; one that does should not be waived.
-- aggregate: table
-- unit: count
-- better: none
-- events: gates
-- order: q asc nulls last, risk_ratio desc nulls last, "check" asc
-- chart: none
-- needs: deployments, checks.outcome, known failures
-- caveat: Releases that reached production although the check failed or was waived, against those where it passed; known failures only. "Does not predict" needs an interval that rules out a doubling of the fail rate. Releases that a gate stopped are not seen.

with

judged_checks as (
    select
        checks."check",
        checks.kind,
        checks.outcome = 'passed' as is_passed,
        assessed_deployments.is_known_failed
    from checks
    inner join assessed_deployments
        on checks.deployment_id = assessed_deployments.deployment_id
    where assessed_deployments.is_counted and checks.outcome in ('passed', 'failed', 'waived')
),

gates as (
    select
        "check",
        max(kind) as kind,
        sum(case when not is_passed then 1 else 0 end) as not_passed_count,
        sum(case when not is_passed and is_known_failed then 1 else 0 end) as not_passed_failed_count,
        sum(case when is_passed then 1 else 0 end) as passed_count,
        sum(case when is_passed and is_known_failed then 1 else 0 end) as passed_failed_count
    from judged_checks
    group by "check"
),

compared as (
    select
        *,
        cast(not_passed_failed_count as double) / nullif(not_passed_count, 0) as not_passed_fail_ratio,
        cast(passed_failed_count as double) / nullif(passed_count, 0) as passed_fail_ratio,
        -- Intervals for counts are a little wide for shares, which errs on the side of "too few to tell".
        rate_ratio(not_passed_failed_count, not_passed_count, passed_failed_count, passed_count) as risk_ratio,
        rate_ratio_low(not_passed_failed_count, not_passed_count, passed_failed_count, passed_count) as low,
        rate_ratio_high(not_passed_failed_count, not_passed_count, passed_failed_count, passed_count) as high,
        case
            when not_passed_count > 0 and passed_count > 0
                then fisher_p(not_passed_failed_count, not_passed_count, passed_failed_count, passed_count)
        end as p
    from gates
),

adjusted as (
    select
        *,
        q_value(p) over () as q
    from compared
)

select
    *,
    case
        when q <= 0.05 and not_passed_fail_ratio > passed_fail_ratio then 'predicts failure'
        when q <= 0.05 then 'fails less often'
        when high < 2 then 'does not predict'
        else 'too few to tell'
    end as verdict
from adjusted
