-- metric: fail_rate_by_hour
-- title: Known change fail rate by hour of the day
-- question: At which hours do deployments fail more often?
-- why: Who is awake when a release goes wrong is a choice.
-- aggregate: rate(is_known_failed)
-- by: hour_band
-- levels: 00 to 04, 04 to 08, 08 to 12, 12 to 16, 16 to 20, 20 to 24
-- at: finished_at
-- unit: ratio
-- better: lower
-- events: deployments
-- flagged: are known to have failed
-- counts: {deployments} {known_failed}, {counted}
-- chart: heat_map
-- needs: deployments, known failures
-- settles: attribution.window
-- caveat: Closeness in time does not count as a cause: incidents have busy hours of their own. Hours are local; a band holds its first moment and not its last.

select
    deployment_id,
    service,
    team,
    change_type,
    strategy,
    finished_at,
    is_known_failed,
    local_weekday(finished_at) as local_weekday,
    case local_hour(finished_at) / 4
        when 0 then '00 to 04'
        when 1 then '04 to 08'
        when 2 then '08 to 12'
        when 3 then '12 to 16'
        when 4 then '16 to 20'
        when 5 then '20 to 24'
    end as hour_band
from judged_deployments
where is_counted
