-- metric: fail_rate_by_weekday
-- title: Known change fail rate by weekday
-- question: Do deployments on certain days of the week fail more often?
-- why: A rule such as "nothing on Fridays" should rest on the days' own numbers.
-- aggregate: rate(is_known_failed)
-- by: weekday
-- levels: Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday
-- at: finished_at
-- unit: ratio
-- better: lower
-- events: deployments
-- flagged: are known to have failed
-- counts: {deployments} {known_failed}, {counted}
-- chart: distribution
-- needs: deployments, known failures
-- settles: attribution.window
-- caveat: Closeness in time does not count as a cause: incidents have busy days of their own. Days are local, and those on which a deployment finished.

select
    deployment_id,
    service,
    team,
    change_type,
    finished_at,
    is_known_failed,
    case local_weekday(finished_at)
        when 1 then 'Monday'
        when 2 then 'Tuesday'
        when 3 then 'Wednesday'
        when 4 then 'Thursday'
        when 5 then 'Friday'
        when 6 then 'Saturday'
        when 7 then 'Sunday'
    end as weekday
from judged_deployments
where is_counted
