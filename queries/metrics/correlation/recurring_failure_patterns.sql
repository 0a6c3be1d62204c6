-- metric: recurring_failure_patterns
-- title: Recurring failure patterns
-- question: Which kinds of deployment of a service fail more often than its others?
-- why: A pattern can be stopped with a rule; single failures cannot.
-- aggregate: table
-- unit: count
-- better: none
-- events: patterns
-- order: q asc, fail_ratio desc, service asc, release_time asc, change_type asc, strategy asc
-- chart: none
-- needs: deployments, known failures
-- caveat: Service and time of release, as a whole and by change type and strategy, with ten deployments or more; each against all other deployments of the service. Known failures only. Listed is what holds at a false discovery rate of 5 % over all patterns asked.

with

cells as (
    select
        service,
        min(team) as team,
        release_time,
        coalesce(change_type, 'not known') as change_type,
        coalesce(strategy, 'not known') as strategy,
        count(*) as deployment_count,
        sum(case when is_known_failed then 1 else 0 end) as failed_count
    from fail_rate_by_release_time
    group by service, release_time, coalesce(change_type, 'not known'), coalesce(strategy, 'not known')
),

summed as (
    select
        service,
        min(team) over (partition by service) as team,
        release_time,
        change_type,
        strategy,
        deployment_count,
        failed_count,
        sum(deployment_count) over (partition by service, release_time) as time_deployment_count,
        sum(failed_count) over (partition by service, release_time) as time_failed_count,
        sum(deployment_count) over (partition by service) as service_deployment_count,
        sum(failed_count) over (partition by service) as service_failed_count
    from cells
),

patterns as (
    select
        service,
        team,
        release_time,
        change_type,
        strategy,
        deployment_count,
        failed_count,
        service_deployment_count,
        service_failed_count
    from summed
    -- Where all deployments of that time are of one kind, the kind adds nothing.
    where deployment_count < time_deployment_count
    union all
    select distinct
        service,
        team,
        release_time,
        'any' as change_type,
        'any' as strategy,
        time_deployment_count as deployment_count,
        time_failed_count as failed_count,
        service_deployment_count,
        service_failed_count
    from summed
),

-- A service in trouble is no pattern, so the others of the same service say how many were to be expected.
against_others as (
    select
        *,
        service_deployment_count - deployment_count as other_deployment_count,
        service_failed_count - failed_count as other_failed_count
    from patterns
    where deployment_count >= 10 and service_deployment_count > deployment_count
),

tested as (
    select
        *,
        cast(failed_count as double) / deployment_count as fail_ratio,
        cast(other_failed_count as double) / other_deployment_count as other_fail_ratio,
        fisher_p(failed_count, deployment_count, other_failed_count, other_deployment_count) as p
    from against_others
),

adjusted as (
    select
        *,
        q_value(p) over () as q
    from tested
)

select
    service,
    team,
    release_time,
    change_type,
    strategy,
    deployment_count,
    failed_count,
    deployment_count * other_fail_ratio as expected_failed_count,
    fail_ratio,
    other_fail_ratio,
    other_deployment_count,
    p,
    q
from adjusted
where fail_ratio > other_fail_ratio and q <= 0.05
