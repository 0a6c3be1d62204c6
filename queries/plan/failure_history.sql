-- plan: failure_history
-- title: Lies at a time at which its service fails more often
-- why: The hour of a release can be chosen.
-- weight: soft
-- needs: plan, deployments, known failures

with

-- A rollout is told by its end, as fail_rate_by_release_time has it.
timed as (
    select
        plan_entries.entry,
        plan_entries.service,
        plan_entries.environment,
        plan_entries.starts_at,
        release_times.release_time
    from plan_entries
    inner join release_times
        on local_weekday(plan_entries.ends_at) = release_times.local_weekday
        and local_hour(plan_entries.ends_at) = release_times.local_hour
)

-- recurring_failure_patterns lists only what holds at a false discovery rate of 5 % over all services and times.
select
    timed.entry,
    timed.service,
    timed.environment,
    timed.starts_at,
    timed.release_time as clashes_with,
    patterns.failed_count || ' of ' || patterns.deployment_count || ' deployments failed then, '
    || cast(round(100 * patterns.fail_ratio) as bigint) || ' %; at other times ' || cast(round(100 * patterns.other_fail_ratio) as bigint)
    || ' % of ' || patterns.other_deployment_count || '; q = ' || round(patterns.q, 4) as evidence
from timed
inner join recurring_failure_patterns as patterns
    on timed.service = patterns.service and timed.release_time = patterns.release_time
where patterns.change_type = 'any' and patterns.strategy = 'any'
order by timed.starts_at, timed.entry
