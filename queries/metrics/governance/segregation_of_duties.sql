-- metric: segregation_of_duties
-- title: Segregation of duties
-- question: What share of deployments that need an approval shows that no one person did it all?
-- why: It is the control that auditors ask for first.
-- aggregate: rate(is_compliant)
-- at: finished_at
-- unit: ratio
-- better: higher
-- events: deployments that need an approval
-- flagged: show separate people
-- chart: rate
-- needs: deployments, approvals.approver | deployments.approved_by
-- caveat: What is not recorded is "not evidenced" and does not count as kept: an approver, somebody who asked or wrote, and whoever deployed by hand must be named. Standard changes are approved beforehand and left out. An exception counts where it held; group by verdict to tell all apart.

with

approved as (
    select
        deployment_id,
        count(*) as approver_count
    from approving_people
    group by deployment_id
),

authored as (
    select distinct deliveries.deployment_id
    from deliveries
    inner join changes
        on deliveries.change_id = changes.change_id
    where deliveries.rule <> 'next' and trim(changes.author) <> ''
),

violated as (
    select
        deployment_id,
        min(rule) as rule
    from segregation_violations
    group by deployment_id
),

excepted as (
    select distinct deployment_id
    from exception_claims
    where is_about_approvals and refusal is null
),

judged as (
    select
        deployment_people.deployment_id,
        deployment_people.service,
        deployment_people.team,
        deployment_people.tier,
        deployment_people.change_type,
        deployment_people.finished_at,
        violated.rule,
        coalesce(approved.approver_count, 0) as approver_count,
        case
            when excepted.deployment_id is not null then 'excepted'
            when violated.deployment_id is not null then 'violated'
            when approved.deployment_id is null then 'not evidenced'
            when deployment_people.requester is null and authored.deployment_id is null then 'not evidenced'
            when deployment_people.deployer is null and not deployment_people.is_automated then 'not evidenced'
            else 'kept'
        end as verdict
    from deployment_people
    left join approved
        on deployment_people.deployment_id = approved.deployment_id
    left join authored
        on deployment_people.deployment_id = authored.deployment_id
    left join violated
        on deployment_people.deployment_id = violated.deployment_id
    left join excepted
        on deployment_people.deployment_id = excepted.deployment_id
    where coalesce(deployment_people.change_type, 'unknown') <> 'standard'
)

select
    *,
    verdict in ('kept', 'excepted') as is_compliant
from judged
