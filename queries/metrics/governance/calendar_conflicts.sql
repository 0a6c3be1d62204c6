-- metric: calendar_conflicts
-- title: Calendar conflicts
-- question: Which rollouts ran into one another?
-- why: When two of them break something together, nobody knows which to take back.
-- aggregate: table
-- at: overlap_from_at
-- unit: count
-- better: none
-- events: overlapping rollouts
-- order: overlap_from_at asc, deployment_id asc, other_deployment_id asc
-- chart: none
-- needs: deployments.started_at
-- caveat: Two rollouts of one service, or of a service and one that it depends on (`dependencies`), at the same time in one environment and region. One that begins when the other ends does not overlap. Services of one release went out together on purpose.

select
    deployment_id,
    service,
    environment,
    relation,
    other_deployment_id,
    other_service,
    overlap_from_at,
    (cast(overlap_until_at as bigint) - cast(overlap_from_at as bigint)) / 1000000.0 as overlap_s
from overlapping_deployments
