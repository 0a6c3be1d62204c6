-- metric: item_conflicts
-- title: Rollouts at the same time on one item
-- question: Which changes were made to one machine or program while another was being made?
-- why: When it breaks, nobody knows which of the two to take back.
-- aggregate: table
-- at: overlap_from_at
-- unit: count
-- better: none
-- events: overlaps on one item
-- order: overlap_from_at asc, item asc, deployment_id asc, other_deployment_id asc
-- chart: none
-- needs: items, deployments.started_at
-- caveat: Rollouts to production of known duration that name their configuration items. One that begins when the other ends does not overlap. How long a rollout is said to last depends on how carefully its record was kept.

select
    item,
    deployment_id,
    service,
    other_deployment_id,
    other_service,
    overlap_from_at,
    (cast(overlap_until_at as bigint) - cast(overlap_from_at as bigint)) / 1000000.0 as overlap_s
from overlapping_on_items
