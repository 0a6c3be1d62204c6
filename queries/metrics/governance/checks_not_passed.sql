-- metric: checks_not_passed
-- title: Checks that failed or were waived
-- question: What reached production although a check had not passed, and who let it?
-- why: A waiver moves the risk to a person; the record should say to whom, and how it ended.
-- aggregate: table
-- at: finished_at
-- unit: count
-- better: none
-- events: checks not passed
-- order: finished_at asc, deployment_id asc, "check" asc
-- chart: none
-- needs: deployments, checks.outcome
-- caveat: Deployments to production that took effect. Whoever waived is compared with who asked and who deployed, names in any case. A failure afterwards is a known one; whether checks predict failure, quality_gates_and_failure tells.

select
    judged.deployment_id,
    judged.service,
    judged.team,
    judged.change_type,
    judged.finished_at,
    checks."check",
    checks.kind,
    checks.outcome,
    checks.value,
    checks.threshold,
    checks.waived_by,
    case
        when checks.outcome <> 'waived' then null
        when coalesce(trim(checks.waived_by), '') = '' then 'not evidenced'
        when lower(trim(checks.waived_by)) in (deployment_people.requester, deployment_people.deployer) then 'by its own people'
        else 'by somebody else'
    end as waiver,
    judged.is_known_failed
from checks
inner join assessed_deployments as judged
    on checks.deployment_id = judged.deployment_id
inner join deployment_people
    on checks.deployment_id = deployment_people.deployment_id
where checks.outcome in ('failed', 'waived') and judged.status in ('succeeded', 'rolled_back')
