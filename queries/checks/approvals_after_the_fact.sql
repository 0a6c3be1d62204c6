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
),

-- One decision may stand in both tables.
decisions as (
    select
        deployment_id,
        decided_at,
        string_agg(distinct gate, ', ' order by gate) as gates,
        min(source_row) as source_row
    from approvals_given
    group by deployment_id, decided_at
)

select
    deployments.deployment_id,
    deployments.service,
    decisions.gates,
    decisions.decided_at as approved_at,
    deployments.started_at,
    deployments.finished_at,
    decisions.source_row
from decisions
inner join deployments
    on decisions.deployment_id = deployments.deployment_id
-- A log that keeps no start tells of the end alone: what was approved after that was approved after the start.
where decisions.decided_at > coalesce(deployments.started_at, deployments.finished_at)
order by deployments.deployment_id, approved_at
