-- metric: fail_rate_by_release_time
-- title: Known change fail rate by time of release
-- question: Do deployments at certain hours fail more often?
-- why: The hour of a release can be chosen.
-- aggregate: rate(is_known_failed)
-- by: release_time
-- levels: working hours, evening, Friday evening, weekend, night
-- at: finished_at
-- unit: ratio
-- better: lower
-- events: deployments
-- flagged: are known to have failed
-- counts: {deployments} {known_failed}, {counted}
-- chart: distribution
-- needs: deployments, known failures
-- settles: attribution.window
-- caveat: Closeness in time does not count as a cause: incidents have busy hours of their own. Hours are local. Working hours are 7:00 to 16:00 on weekdays, evenings 16:00 to 22:00.

with

timed as (
    select
        deployment_id,
        service,
        team,
        change_type,
        strategy,
        finished_at,
        is_known_failed,
        local_hour(finished_at) as local_hour,
        local_weekday(finished_at) as local_weekday
    from judged_deployments
    where is_counted
)

select
    timed.deployment_id,
    timed.service,
    timed.team,
    timed.change_type,
    timed.strategy,
    timed.finished_at,
    timed.local_hour,
    timed.local_weekday,
    timed.is_known_failed,
    release_times.release_time
from timed
inner join release_times
    on timed.local_weekday = release_times.local_weekday and timed.local_hour = release_times.local_hour
