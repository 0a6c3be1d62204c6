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
    deployment_id,
    service,
    team,
    change_type,
    strategy,
    finished_at,
    local_hour,
    local_weekday,
    is_known_failed,
    case
        when local_weekday >= 6 then 'weekend'
        when local_hour >= 16 and local_hour < 22 and local_weekday = 5 then 'Friday evening'
        when local_hour >= 16 and local_hour < 22 then 'evening'
        when local_hour >= 7 and local_hour < 16 then 'working hours'
        else 'night'
    end as release_time
from timed
