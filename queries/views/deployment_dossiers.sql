-- view: deployment_dossiers
-- about: Each finished production deployment with its people, records and circumstances, and what the controls say of it.
-- materialise: yes
-- needs: deployments

-- A verdict is `pass`, `fail`, `excepted` (an exception held, or somebody signed), `not evidenced` (nothing is recorded
-- that could show it) or null, where the control does not apply or nothing of its kind is recorded anywhere.

with

recorded as (
    select
        (select count(*) from windows) as window_count,
        (select count(*) from checks) as check_count,
        (select count(*) from change_record_coverage where is_recorded) as record_count,
        (select count(reviewed_at) from deployments) + (select count(reviewed_at) from incidents) as review_count
),

approvers as (
    select
        deployment_id,
        string_agg(approver, '; ' order by approver) as approvers,
        string_agg(gates, '; ' order by approver) as gates,
        count(*) as approver_count,
        min(first_decided_at) as first_approved_at
    from deployment_approvers
    group by deployment_id
),

-- A gate that rejects and never approves afterwards has not let it pass.
rejected as (
    select distinct rejections.deployment_id
    from deployment_approvals as rejections
    left anti join deployment_approvals as consents
        on rejections.deployment_id = consents.deployment_id
        and coalesce(rejections.gate, '') = coalesce(consents.gate, '')
        and consents.decision = 'approved'
        and coalesce(consents.decided_at >= rejections.decided_at, false)
    where rejections.decision = 'rejected'
),

shipments as (
    select
        deliveries.deployment_id,
        -- That a change went out with the next deployment after its merge is likely, but no evidence against a person.
        case when deliveries.rule <> 'next' then nullif(trim(changes.author), '') end as author
    from deliveries
    inner join changes
        on deliveries.change_id = changes.change_id
),

shipped as (
    select
        deployment_id,
        count(*) as change_count,
        string_agg(distinct author, '; ' order by author) as authors
    from shipments
    group by deployment_id
),

checked as (
    select
        deployment_id,
        count(*) as check_count,
        sum(case when outcome = 'passed' then 1 else 0 end) as passed_count,
        sum(case when outcome = 'failed' then 1 else 0 end) as failed_count,
        sum(case when outcome = 'waived' then 1 else 0 end) as waived_count,
        sum(case when outcome = 'waived' and coalesce(trim(waived_by), '') <> '' then 1 else 0 end) as signed_count
    from checks
    group by deployment_id
),

staged as (
    select
        deployment_id,
        count(*) as stage_count,
        sum(case when status = 'failed' then 1 else 0 end) as failed_count
    from stages
    group by deployment_id
),

named_windows as (
    select
        deployment_id,
        kind,
        coalesce(name, window_id) as window_name
    from deployments_in_windows
),

touched as (
    select
        deployment_id,
        string_agg(distinct window_name, '; ' order by window_name) as windows,
        bool_or(kind = 'change_window') as is_in_change_window
    from named_windows
    group by deployment_id
),

blamed as (
    select
        deployment_id,
        string_agg(incident_id || ' (' || rule || ')', '; ' order by incident_id) as incidents
    from judged_incidents
    where is_counted and deployment_id is not null
    group by deployment_id
),

excepted as (
    select
        deployment_id,
        string_agg(distinct exception_id, '; ' order by exception_id) as exceptions,
        bool_or(is_about_approvals and refusal is null) as is_excepted_from_approval,
        bool_or(is_about_freezes and refusal is null) as is_excepted_from_windows
    from exception_claims
    group by deployment_id
),

undoing as (
    select
        rolled_back as deployment_id,
        min(deployment_id) as rolled_back_by
    from rollbacks
    where deployment_id <> rolled_back
    group by rolled_back
)

select
    judged.deployment_id,
    judged.service,
    judged.team,
    judged.environment,
    judged.region,
    judged.release_id,
    judged.version,
    judged.commit_sha,
    judged.status,
    judged.change_type,
    judged.category,
    judged.ticket_id,
    judged.is_automated,
    deployments.requested_by,
    shipped.authors,
    approvers.approvers,
    approvers.gates,
    deployments.deployed_by,
    judged.requested_at,
    approvers.first_approved_at,
    judged.started_at,
    judged.finished_at,
    deployments.reviewed_at,
    shipped.change_count,
    checked.check_count,
    checked.failed_count as failed_check_count,
    checked.waived_count as waived_check_count,
    staged.stage_count,
    staged.failed_count as failed_stage_count,
    touched.windows,
    blamed.incidents,
    judged.is_failed,
    judged.failure_rule,
    judged.is_rolled_back,
    undoing.rolled_back_by,
    judged.rollback_of,
    excepted.exceptions,
    case
        -- A standard change is approved beforehand; an emergency may be approved afterwards, and has its own control.
        when coalesce(judged.change_type, 'unknown') in ('standard', 'emergency') then null
        when
            rejected.deployment_id is null
            and approvers.first_approved_at <= coalesce(judged.started_at, judged.finished_at) then 'pass'
        when excepted.is_excepted_from_approval then 'excepted'
        when rejected.deployment_id is not null or approvers.first_approved_at is not null then 'fail'
        else 'not evidenced'
    end as approval_verdict,
    case duties.verdict
        when 'kept' then 'pass'
        when 'violated' then 'fail'
        else duties.verdict
    end as duties_verdict,
    case
        when recorded.record_count = 0 or coverage.is_recorded is null then null
        when coverage.is_recorded then 'pass'
        else 'fail'
    end as record_verdict,
    case
        when recorded.window_count = 0 then null
        when frozen.verdict = 'violation' then 'fail'
        when frozen.verdict = 'excepted' then 'excepted'
        else 'pass'
    end as freeze_verdict,
    case
        when outside.deployment_id is not null and excepted.is_excepted_from_windows then 'excepted'
        when outside.deployment_id is not null then 'fail'
        when touched.is_in_change_window then 'pass'
    end as window_verdict,
    case
        when judged.change_type <> 'emergency' or judged.change_type is null then null
        when
            cast(least(approvers.first_approved_at, deployments.reviewed_at) as bigint)
            <= cast(judged.finished_at as bigint) + 14 * 86400000000 then 'pass'
        when excepted.is_excepted_from_approval then 'excepted'
        when cast(judged.finished_at as bigint) > cast($as_of as bigint) - 14 * 86400000000 then null
        else 'fail'
    end as emergency_verdict,
    case
        when recorded.check_count = 0 or judged.status not in ('succeeded', 'rolled_back') then null
        when checked.failed_count > 0 then 'fail'
        when checked.waived_count > checked.signed_count then 'not evidenced'
        when checked.waived_count > 0 then 'excepted'
        when checked.passed_count > 0 then 'pass'
        else 'not evidenced'
    end as check_verdict,
    case
        when recorded.review_count = 0 or reviews.is_reviewed is null then null
        when reviews.is_reviewed then 'pass'
        else 'fail'
    end as review_verdict,
    case
        when paths.is_skipped then 'fail'
        when not paths.is_skipped then 'pass'
    end as path_verdict,
    case
        when coalesce(judged.version, judged.commit_sha) is not null then 'pass'
        else 'not evidenced'
    end as content_verdict,
    judged.source_row
from assessed_deployments as judged
inner join deployments
    on judged.deployment_id = deployments.deployment_id
cross join recorded
left join approvers
    on judged.deployment_id = approvers.deployment_id
left join rejected
    on judged.deployment_id = rejected.deployment_id
left join shipped
    on judged.deployment_id = shipped.deployment_id
left join checked
    on judged.deployment_id = checked.deployment_id
left join staged
    on judged.deployment_id = staged.deployment_id
left join touched
    on judged.deployment_id = touched.deployment_id
left join blamed
    on judged.deployment_id = blamed.deployment_id
left join excepted
    on judged.deployment_id = excepted.deployment_id
left join undoing
    on judged.deployment_id = undoing.deployment_id
left join segregation_of_duties as duties
    on judged.deployment_id = duties.deployment_id
left join change_record_coverage as coverage
    on judged.deployment_id = coverage.deployment_id
left join deployments_in_freezes as frozen
    on judged.deployment_id = frozen.deployment_id
left join deployments_outside_change_windows as outside
    on judged.deployment_id = outside.deployment_id
left join reviews_after_failure as reviews
    on judged.deployment_id = reviews.deployment_id
left join skipped_environment_rate as paths
    on judged.deployment_id = paths.deployment_id
where judged.status in ('succeeded', 'failed', 'rolled_back')
