-- check: endless_rollouts
-- title: No rollout lasts longer than a month
-- why: Whoever forgot to start the clock, or started it years ago, would be in everybody's way: a start more than 31 days before the end is not believed where rollouts and windows meet.
-- needs: deployments.started_at

select
    deployment_id,
    service,
    started_at,
    finished_at,
    source_row
from deployments
-- 31 days in microseconds.
where cast(finished_at as bigint) - cast(started_at as bigint) > 2678400000000
order by deployment_id
