-- metric: deployments_in_progress
-- title: Deployments in progress
-- question: Which deployments have begun and not ended?
-- why: A rollout that nobody ended is half a release, or a record that nobody closed.
-- aggregate: table
-- unit: count
-- better: none
-- events: deployments to production that have not ended
-- order: since_s desc nulls last, deployment_id asc
-- chart: none
-- needs: deployments
-- caveat: As of now, longest first; since the start, or since it was asked for where no start is known.

select
    deployment_id,
    service,
    team,
    version,
    change_type,
    requested_at,
    approved_at,
    started_at,
    (cast($as_of as bigint) - cast(coalesce(started_at, requested_at) as bigint)) / 1000000.0 as since_s
from production_deployments
where status = 'in_progress'
