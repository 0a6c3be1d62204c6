-- metric: segregation_violations
-- title: Segregation of duties: violations
-- question: Where did one person hold two duties that should be apart, or an approval come too late, alone or for something else?
-- why: Nobody should be able to bring a change to production alone; an auditor asks for every case.
-- aggregate: table
-- at: finished_at
-- unit: count
-- better: none
-- events: violations
-- order: finished_at asc, deployment_id asc, rule asc, person asc
-- chart: none
-- needs: deployments, approvals.approver | deployments.approved_by
-- caveat: Only what is recorded can offend. People are the same where their names are, whatever the case and the blanks around them. Two approvers are asked of normal changes to services of tier 1. Authors are those of changes that name their deployment, its release or commit. Asking for a release and running it, or writing it, is allowed. An approval is for another commit where it names one and the deployment another, the shorter of the two names decides; where it names none, it came too early if a change of the deployment was merged after it.

with

authors as (
    select
        deliveries.deployment_id,
        lower(trim(changes.author)) as person,
        min(trim(changes.author)) as author,
        count(*) as change_count,
        min(changes.change_id) as change_id
    from deliveries
    inner join changes
        on deliveries.change_id = changes.change_id
    -- That a change went out with the next deployment after its merge is likely, but no evidence against a person.
    where deliveries.rule <> 'next' and trim(changes.author) <> ''
    group by deliveries.deployment_id, lower(trim(changes.author))
),

self_approvals as (
    select
        deployment_people.deployment_id,
        'self-approval' as rule,
        deployment_approvers.approver as person,
        'asked for it and approved it' || coalesce(' as ' || deployment_approvers.gates, '') as evidence
    from deployment_people
    inner join deployment_approvers
        on deployment_people.deployment_id = deployment_approvers.deployment_id
        and deployment_people.requester = deployment_approvers.person
),

author_approvals as (
    select
        deployment_approvers.deployment_id,
        'author approved' as rule,
        deployment_approvers.approver as person,
        'wrote ' || authors.change_id
        || case when authors.change_count > 1 then ' and ' || (authors.change_count - 1) || ' more' else '' end
        || ' and approved the deployment' as evidence
    from authors
    inner join deployment_approvers
        on authors.deployment_id = deployment_approvers.deployment_id
        and authors.person = deployment_approvers.person
),

author_deployments as (
    select
        deployment_people.deployment_id,
        'author deployed' as rule,
        authors.author as person,
        'wrote ' || authors.change_id
        || case when authors.change_count > 1 then ' and ' || (authors.change_count - 1) || ' more' else '' end
        || ' and deployed by hand' as evidence
    from deployment_people
    inner join authors
        on deployment_people.deployment_id = authors.deployment_id
        and deployment_people.deployer = authors.person
),

approver_deployments as (
    select
        deployment_people.deployment_id,
        'approver deployed' as rule,
        deployment_approvers.approver as person,
        'approved it and deployed it by hand' as evidence
    from deployment_people
    inner join deployment_approvers
        on deployment_people.deployment_id = deployment_approvers.deployment_id
        and deployment_people.deployer = deployment_approvers.person
),

several_gates as (
    select
        deployment_id,
        'one person in two gates' as rule,
        approver as person,
        'approved as ' || gates as evidence
    from deployment_approvers
    where gate_count > 1
),

late_approvals as (
    select
        deployment_people.deployment_id,
        'approved afterwards' as rule,
        deployment_approvers.approver as person,
        'approved at ' || local_text(deployment_approvers.last_decided_at)
        || ', the deployment had finished at ' || local_text(deployment_people.finished_at) as evidence
    from deployment_people
    inner join deployment_approvers
        on deployment_people.deployment_id = deployment_approvers.deployment_id
    where deployment_approvers.last_decided_at > deployment_people.finished_at
),

-- An approval may name a commit in short.
other_commits as (
    select
        deployments.deployment_id,
        'approved another commit' as rule,
        min(approval_decisions.approver) as person,
        'approved ' || min(approval_decisions.commit_sha)
        || coalesce(' as ' || min(approval_decisions.gate), '')
        || ', deployed was ' || min(deployments.commit_sha) as evidence
    from approval_decisions
    inner join deployments
        on approval_decisions.deployment_id = deployments.deployment_id
    where approval_decisions.commit_sha <> '' and trim(deployments.commit_sha) <> ''
    -- A gate at which somebody else approved the right one is in order.
    group by deployments.deployment_id, coalesce(approval_decisions.gate, approval_decisions.person)
    having
        not bool_or(
            starts_with(lower(trim(deployments.commit_sha)), approval_decisions.commit_sha)
            or starts_with(approval_decisions.commit_sha, lower(trim(deployments.commit_sha)))
        )
),

last_merges as (
    select
        deliveries.deployment_id,
        max(changes.merged_at) as merged_at,
        last_value(changes.change_id order by changes.merged_at, changes.change_id) as change_id
    from deliveries
    inner join changes
        on deliveries.change_id = changes.change_id
    where deliveries.rule <> 'next' and changes.merged_at is not null
    group by deliveries.deployment_id
),

early_approvals as (
    select
        approval_decisions.deployment_id,
        'approved before the last change' as rule,
        min(approval_decisions.approver) as person,
        'approved at ' || local_text(max(approval_decisions.decided_at))
        || coalesce(' as ' || min(approval_decisions.gate), '')
        || ', ' || min(last_merges.change_id) || ' was merged at ' || local_text(min(last_merges.merged_at)) as evidence
    from approval_decisions
    inner join last_merges
        on approval_decisions.deployment_id = last_merges.deployment_id
    group by approval_decisions.deployment_id, coalesce(approval_decisions.gate, approval_decisions.person)
    having
        -- Where the commit is named, it tells more than the clock.
        coalesce(max(approval_decisions.commit_sha), '') = ''
        and max(approval_decisions.decided_at) < min(last_merges.merged_at)
),

lone_approvals as (
    select
        deployment_people.deployment_id,
        'second approver missing' as rule,
        min(deployment_approvers.approver) as person,
        'tier 1, and nobody else approved before the deployment finished' as evidence
    from deployment_people
    inner join deployment_approvers
        on deployment_people.deployment_id = deployment_approvers.deployment_id
    where
        deployment_people.tier = 1
        -- A standard change is approved beforehand, an emergency has no time for two.
        and coalesce(deployment_people.change_type, 'unknown') not in ('standard', 'emergency')
    group by deployment_people.deployment_id, deployment_people.finished_at
    having
        sum(
            case
                when coalesce(deployment_approvers.first_decided_at <= deployment_people.finished_at, true) then 1
                else 0
            end
        ) < 2
),

violations as (
    select * from self_approvals
    union all
    select * from author_approvals
    union all
    select * from author_deployments
    union all
    select * from approver_deployments
    union all
    select * from several_gates
    union all
    select * from late_approvals
    union all
    select * from other_commits
    union all
    select * from early_approvals
    union all
    select * from lone_approvals
),

honoured as (
    select
        deployment_id,
        min(exception_id) as exception_id
    from exception_claims
    where is_about_approvals and refusal is null
    group by deployment_id
)

select
    violations.deployment_id,
    deployment_people.service,
    deployment_people.team,
    deployment_people.change_type,
    deployment_people.finished_at,
    violations.rule,
    violations.person,
    violations.evidence,
    honoured.exception_id,
    deployment_people.source_row
from violations
inner join deployment_people
    on violations.deployment_id = deployment_people.deployment_id
left join honoured
    on violations.deployment_id = honoured.deployment_id
