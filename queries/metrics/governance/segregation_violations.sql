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
-- caveat: Only what is recorded can offend. People are the same where their names are, whatever the case and the blanks around them. Two approvers are asked of normal changes to services of tier 1. An emergency may be approved afterwards. Authors are those of changes that name their deployment, its release or commit. Asking for a release and running it, or writing it, is allowed. An approval is for another commit where it names one and the deployment another, the shorter of the two names decides; where it names none, it came too early if a change of the deployment was merged after it.

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

-- Each approval beside what else its approver did for the deployment. Few did anything else.
approvals_with_duties as (
    select
        deployment_people.deployment_id,
        deployment_people.finished_at,
        deployment_people.requester,
        deployment_people.deployer,
        deployment_approvers.person,
        deployment_approvers.approver,
        deployment_approvers.gates,
        deployment_approvers.gate_count,
        deployment_approvers.last_decided_at,
        authors.change_id,
        authors.change_count
    from deployment_people
    inner join deployment_approvers
        on deployment_people.deployment_id = deployment_approvers.deployment_id
    left join authors
        on deployment_approvers.deployment_id = authors.deployment_id
        and deployment_approvers.person = authors.person
    where
        deployment_people.requester = deployment_approvers.person
        or deployment_people.deployer = deployment_approvers.person
        or authors.person is not null
        or deployment_approvers.gate_count > 1
        or deployment_approvers.last_decided_at > deployment_people.finished_at
),

approvals_by_rule as (
    select
        *,
        unnest(
            [
                case when requester = person then 'self-approval' end,
                case when change_id is not null then 'author approved' end,
                case when deployer = person then 'approver deployed' end,
                case when gate_count > 1 then 'one person in two gates' end,
                case when last_decided_at > finished_at then 'approved afterwards' end
            ]
        ) as rule
    from approvals_with_duties
),

approvers_at_fault as (
    select
        deployment_id,
        rule,
        approver as person,
        case rule
            when 'self-approval' then 'asked for it and approved it' || coalesce(' as ' || gates, '')
            when 'author approved' then
                'wrote ' || change_id
                || case when change_count > 1 then ' and ' || (change_count - 1) || ' more' else '' end
                || ' and approved the deployment'
            when 'approver deployed' then 'approved it and deployed it by hand'
            when 'one person in two gates' then 'approved as ' || gates
            else
                'approved at ' || local_text(last_decided_at)
                || ', the deployment had finished at ' || local_text(finished_at)
        end as evidence
    from approvals_by_rule
    where rule is not null
),

author_deployments as (
    select
        deployment_people.deployment_id,
        'author deployed' as rule,
        authors.author as person,
        'wrote ' || authors.change_id
        || case when authors.change_count > 1 then ' and ' || (authors.change_count - 1) || ' more' else '' end
        || ' and deployed by hand' as evidence
    from authors
    inner join deployment_people
        on authors.deployment_id = deployment_people.deployment_id
        and authors.person = deployment_people.deployer
),

-- Nearly all approvals name the very commit: only deployments with another one are looked at closely.
other_names as (
    select distinct approval_decisions.deployment_id
    from approval_decisions
    left anti join deployments
        on approval_decisions.deployment_id = deployments.deployment_id
        and approval_decisions.commit_sha = lower(trim(deployments.commit_sha))
    where approval_decisions.commit_sha <> ''
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
    from other_names
    inner join deployments
        on other_names.deployment_id = deployments.deployment_id
    inner join approval_decisions
        on deployments.deployment_id = approval_decisions.deployment_id
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
    from last_merges
    inner join approval_decisions
        on last_merges.deployment_id = approval_decisions.deployment_id
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
        min(approving_people.approver) as person,
        'tier 1, and nobody else approved before the deployment finished' as evidence
    from deployment_people
    inner join approving_people
        on deployment_people.deployment_id = approving_people.deployment_id
    where
        deployment_people.tier = 1
        -- A standard change is approved beforehand, an emergency has no time for two.
        and coalesce(deployment_people.change_type, 'unknown') not in ('standard', 'emergency')
    group by deployment_people.deployment_id, deployment_people.finished_at
    having
        sum(
            case
                when coalesce(approving_people.first_decided_at <= deployment_people.finished_at, true) then 1
                else 0
            end
        ) < 2
),

violations as (
    select * from approvers_at_fault
    union all
    select * from author_deployments
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
-- An emergency may be approved afterwards: whether that came in time has a control of its own.
where violations.rule <> 'approved afterwards' or coalesce(deployment_people.change_type, 'unknown') <> 'emergency'
