-- metric: release_wait_time
-- title: Time from merge to production
-- question: How long does a merged change wait for its deployment?
-- why: Merged work that is not deployed is stock.
-- aggregate: median(waiting_s)
-- at: deployed_at
-- unit: seconds
-- better: lower
-- events: changes delivered
-- chart: ribbon
-- needs: deployments, changes.merged_at
-- caveat: A stage of the lead time: from the merge until production. Medians of stages do not add up to the median of the whole.

select
    change_id,
    deployment_id,
    service,
    team,
    deployed_at,
    waiting_s
from delivered_changes
where waiting_s >= 0
