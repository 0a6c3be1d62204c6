-- metric: dossier_exceptions
-- title: Exceptions register
-- question: Which rules were set aside, by whom, for what, and was the exception needed and in force?
-- why: An exception that nobody closes becomes the rule.
-- aggregate: table
-- at: relevant_at
-- unit: count
-- better: none
-- events: exceptions
-- order: relevant_at asc, exception_id asc, deployment_id asc nulls last
-- chart: none
-- needs: deployments, exceptions
-- caveat: One row an exception and deployment that it names. It is told when that deployment finished, else when it was granted, else when it expires, else now. Used means that the deployment broke a rule of its policy while it was in force; what it was for otherwise nobody can tell. The register wants a policy, somebody who granted it, and both dates in order.

with

broken as (
    select
        deployment_id,
        true as is_about_approvals
    from segregation_violations
    union
    select
        deployment_id,
        true as is_about_approvals
    from deployment_dossiers
    where approval_verdict <> 'pass' or emergency_verdict <> 'pass'
    union
    select
        deployment_id,
        false as is_about_approvals
    from deployments_in_freezes
    union
    select
        deployment_id,
        false as is_about_approvals
    from deployments_outside_change_windows
),

needed as (
    select
        claims.exception_id,
        claims.deployment_id,
        count(broken.deployment_id) > 0 as is_needed
    from exception_claims as claims
    left join broken
        on claims.deployment_id = broken.deployment_id
        and ((broken.is_about_approvals and claims.is_about_approvals) or (not broken.is_about_approvals and claims.is_about_freezes))
    group by claims.exception_id, claims.deployment_id
),

judged as (
    select
        exceptions.exception_id,
        exceptions.policy,
        coalesce(claims.deployment_id, exceptions.deployment_id) as deployment_id,
        exceptions.ticket_id,
        exceptions.reason,
        exceptions.granted_by,
        exceptions.sponsor,
        exceptions.granted_at,
        exceptions.expires_at,
        claims.deployment_id is not null as is_matched,
        claims.refusal,
        coalesce(needed.is_needed, false) as is_needed,
        coalesce(production_deployments.finished_at, exceptions.granted_at, exceptions.expires_at, $as_of) as relevant_at,
        exceptions.gap,
        exceptions.source_row
    from exception_register as exceptions
    left join exception_claims as claims
        on exceptions.exception_id = claims.exception_id
    left join production_deployments
        on claims.deployment_id = production_deployments.deployment_id
    left join needed
        on claims.exception_id = needed.exception_id and claims.deployment_id = needed.deployment_id
)

select
    exception_id,
    policy,
    deployment_id,
    ticket_id,
    granted_by,
    sponsor,
    reason,
    granted_at,
    expires_at,
    relevant_at,
    case
        when not is_matched then 'names no known production deployment'
        when refusal is not null and is_needed then 'refused: ' || refusal
        when refusal is not null then 'not in force: ' || refusal
        when is_needed then 'used'
        else 'not used'
    end as usage,
    coalesce(expires_at <= $as_of, false) as is_expired,
    gap,
    case when gap is null then 'pass' else 'fail' end as register_verdict,
    source_row
from judged
