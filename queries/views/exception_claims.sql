-- view: exception_claims
-- about: Each exception with each production deployment that it names, and whether it held when that deployment finished.
-- needs: deployments, exceptions

with

named as (
    select
        exceptions.exception_id,
        production_deployments.deployment_id,
        production_deployments.finished_at
    from exceptions
    inner join production_deployments
        on exceptions.deployment_id = production_deployments.deployment_id
    union all
    -- One that names a deployment is for that one, whatever else has its ticket.
    select
        exceptions.exception_id,
        production_deployments.deployment_id,
        production_deployments.finished_at
    from exceptions
    inner join production_deployments
        on exceptions.ticket_id = production_deployments.ticket_id
    where exceptions.deployment_id is null
)

select
    exceptions.exception_id,
    named.deployment_id,
    exceptions.policy,
    exceptions.reason,
    exceptions.granted_by,
    exceptions.sponsor,
    exceptions.granted_at,
    exceptions.expires_at,
    -- An exception sets aside the policy that it names, and no other; one that names none sets none aside.
    coalesce(
        lower(exceptions.policy) like '%freeze%'
        or lower(exceptions.policy) like '%blackout%'
        or lower(exceptions.policy) like '%close%'
        or lower(exceptions.policy) like '%window%',
        false
    ) as is_about_freezes,
    coalesce(
        lower(exceptions.policy) like '%approv%'
        or lower(exceptions.policy) like '%duties%'
        or lower(exceptions.policy) like '%duty%'
        or lower(exceptions.policy) like '%eyes%',
        false
    ) as is_about_approvals,
    -- It holds from its grant until it expires, the moment of expiry left out.
    case
        when exceptions.granted_at is null then 'not dated'
        when exceptions.granted_at >= named.finished_at then 'granted after the deployment'
        when exceptions.expires_at <= named.finished_at then 'expired before the deployment'
    end as refusal
from named
inner join exceptions
    on named.exception_id = exceptions.exception_id
where named.finished_at is not null
