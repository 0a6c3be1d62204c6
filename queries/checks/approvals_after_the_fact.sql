-- check: approvals_after_the_fact
-- title: Approval comes before the start
-- why: An approval afterwards is a signature, not a decision; or two clocks disagree.
-- needs: deployments.approved_at | approvals.decided_at

with

approvals_given as (
    select
        deployment_id,
        gate,
        decided_at,
        source_row
    from deployment_approvals
    where decision = 'approved'
    union all
    select
        deployment_id,
        cast(null as text) as gate,
        approved_at as decided_at,
        source_row
    from deployments
)

select
    deployments.deployment_id,
    deployments.service,
    approvals_given.gate,
    approvals_given.decided_at as approved_at,
    deployments.started_at,
    deployments.finished_at,
    approvals_given.source_row
from approvals_given
inner join deployments
    on approvals_given.deployment_id = deployments.deployment_id
-- A log that keeps no start tells of the end alone: what was approved after that was approved after the start.
where approvals_given.decided_at > coalesce(deployments.started_at, deployments.finished_at)
order by deployments.deployment_id, approved_at, approvals_given.gate
