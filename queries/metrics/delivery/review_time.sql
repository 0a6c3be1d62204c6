-- metric: review_time
-- title: Review time
-- question: How long does a change wait for and go through review?
-- why: Waiting for review is the stage that teams can shorten fastest.
-- aggregate: median(review_s)
-- at: deployed_at
-- unit: seconds
-- better: lower
-- events: changes delivered
-- chart: ribbon
-- needs: deployments, changes.opened_at, changes.merged_at
-- caveat: A stage of the lead time: from the request for review until the merge. Medians of stages do not add up to the median of the whole.

select
    change_id,
    deployment_id,
    service,
    team,
    deployed_at,
    review_s
from delivered_changes
where review_s >= 0
