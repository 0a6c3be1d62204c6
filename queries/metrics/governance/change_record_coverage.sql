-- metric: change_record_coverage
-- title: Change record coverage
-- question: What share of deployments can be traced to a change record?
-- why: What has no record was decided by nobody, as far as anybody can show.
-- aggregate: rate(is_recorded)
-- at: finished_at
-- unit: ratio
-- better: higher
-- events: deployments carried out
-- flagged: have a change record
-- chart: rate
-- needs: deployments.ticket_id | approvals.ticket_id | changes.ticket_id
-- caveat: A ticket of the deployment itself, of an approval of it, or of a change that names its deployment, release or commit; `evidence` says which. Whether the ticket exists is for the check dangling_references.

with

tickets_of_approvals as (
    select distinct deployment_id
    from approvals
    where ticket_id is not null and deployment_id is not null
),

tickets_of_changes as (
    select distinct deliveries.deployment_id
    from deliveries
    inner join changes
        on deliveries.change_id = changes.change_id
    -- That a change went out with the next deployment after its merge is likely, but it is no record.
    where deliveries.rule <> 'next' and changes.ticket_id is not null
),

traced as (
    select
        deployment_people.deployment_id,
        deployment_people.service,
        deployment_people.team,
        deployment_people.change_type,
        deployment_people.finished_at,
        case
            when production_deployments.ticket_id is not null then 'deployment'
            when tickets_of_approvals.deployment_id is not null then 'approval'
            when tickets_of_changes.deployment_id is not null then 'change'
            else 'none'
        end as evidence
    from deployment_people
    inner join production_deployments
        on deployment_people.deployment_id = production_deployments.deployment_id
    left join tickets_of_approvals
        on deployment_people.deployment_id = tickets_of_approvals.deployment_id
    left join tickets_of_changes
        on deployment_people.deployment_id = tickets_of_changes.deployment_id
)

select
    *,
    evidence <> 'none' as is_recorded
from traced
