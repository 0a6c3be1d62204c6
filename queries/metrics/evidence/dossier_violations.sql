-- metric: dossier_violations
-- title: Violations
-- question: Which deployment broke which rule, who did it, and was it excepted?
-- why: A share says how much; an auditor asks which.
-- aggregate: table
-- at: finished_at
-- unit: count
-- better: none
-- events: violations
-- order: control in ('record', 'review') asc, control asc, finished_at asc, deployment_id asc, rule asc, person asc nulls last
-- chart: none
-- needs: deployments
-- caveat: By control, those that ask for a record last, for they are many. What is not recorded can show no violation: the matrix of controls says what was not evidenced. One that an exception covers is listed with it.

with

duties as (
    select
        deployment_id,
        'duties' as control,
        rule,
        person,
        evidence,
        exception_id
    from segregation_violations
),

freezes as (
    select
        deployment_id,
        'freeze' as control,
        'deployed in ' || coalesce(window_name, window_id) as rule,
        cast(null as text) as person,
        evidence,
        case when verdict = 'excepted' then exception_id end as exception_id
    from deployments_in_freezes
    where verdict <> 'emergency'
),

-- Whose verdict alone tells the case.
plain as (
    select
        deployment_id,
        'approval' as control,
        'rejected, or approved after the start' as rule,
        approvers as person,
        'first approved at ' || local_text(first_approved_at) || ', started at '
        || local_text(coalesce(started_at, finished_at)) as evidence,
        cast(null as text) as exception_id
    from deployment_dossiers
    where approval_verdict = 'fail'
    union all
    select
        deployment_id,
        'record' as control,
        'no change record' as rule,
        cast(null as text) as person,
        'neither the deployment, nor an approval, nor a change names a ticket' as evidence,
        cast(null as text) as exception_id
    from deployment_dossiers
    where record_verdict = 'fail'
    union all
    select
        deployment_id,
        'window' as control,
        'outside its change window' as rule,
        cast(null as text) as person,
        coalesce('touched ' || windows, 'touched no window') as evidence,
        case when window_verdict = 'excepted' then exceptions end as exception_id
    from deployment_dossiers
    where window_verdict in ('fail', 'excepted')
    union all
    select
        deployment_id,
        'emergency' as control,
        'neither approved nor reviewed within 14 days' as rule,
        cast(null as text) as person,
        cast(null as text) as evidence,
        case when emergency_verdict = 'excepted' then exceptions end as exception_id
    from deployment_dossiers
    where emergency_verdict in ('fail', 'excepted')
    union all
    select
        deployment_id,
        'review' as control,
        'failed and not reviewed within 14 days' as rule,
        cast(null as text) as person,
        'failed by ' || failure_rule as evidence,
        cast(null as text) as exception_id
    from deployment_dossiers
    where review_verdict = 'fail'
    union all
    select
        deployment_id,
        'path' as control,
        'skipped an environment' as rule,
        cast(null as text) as person,
        'version ' || version || ' was in production first' as evidence,
        cast(null as text) as exception_id
    from deployment_dossiers
    where path_verdict = 'fail'
),

checks_not_kept as (
    select
        deployment_id,
        'check' as control,
        'check ' || outcome as rule,
        waived_by as person,
        "check" || coalesce(' (' || kind || ')', '') as evidence,
        cast(null as text) as exception_id
    from checks_not_passed
),

violations as (
    select * from duties
    union all
    select * from freezes
    union all
    select * from plain
    union all
    select * from checks_not_kept
)

select
    violations.deployment_id,
    dossiers.service,
    dossiers.team,
    dossiers.change_type,
    dossiers.finished_at,
    dossiers.deployed_by,
    violations.control,
    violations.rule,
    violations.person,
    violations.evidence,
    violations.exception_id,
    dossiers.source_row
from violations
inner join deployment_dossiers as dossiers
    on violations.deployment_id = dossiers.deployment_id
