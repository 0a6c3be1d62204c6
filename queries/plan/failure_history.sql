-- plan: failure_history
-- title: Lies at a time at which its service fails more often
-- why: The hour of a release can be chosen.
-- weight: soft
-- needs: plan, deployments, known failures

with

-- The times of day and week as fail_rate_by_release_time has them, by the end of the rollout.
timed as (
    select
        entry,
        service,
        environment,
        starts_at,
        case
            when local_weekday(ends_at) >= 6 then 'weekend'
            when local_hour(ends_at) >= 16 and local_hour(ends_at) < 22 and local_weekday(ends_at) = 5
                then 'Friday evening'
            when local_hour(ends_at) >= 16 and local_hour(ends_at) < 22 then 'evening'
            when local_hour(ends_at) >= 7 and local_hour(ends_at) < 16 then 'working hours'
            else 'night'
        end as release_time
    from plan_entries
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
