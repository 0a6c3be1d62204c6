-- view: approval_requests
-- about: Every approval that was asked for, once, with the deployment it was for and how long it was waited for.
-- needs: approvals.requested_at | deployments.approved_at

with

-- An approval that names only a change ticket is for the first deployment of that ticket, in its environment.
by_ticket as (
    select
        deployment_approvals.approval_id,
        deployments.deployment_id,
        row_number() over (
            partition by deployment_approvals.approval_id
            order by deployments.finished_at asc nulls last, deployments.deployment_id asc
        ) as place
    from deployment_approvals
    inner join deployments
        on deployment_approvals.deployment_id = deployments.deployment_id
    where deployment_approvals.is_by_ticket
),

asked as (
    select
        approvals.approval_id,
        coalesce(approvals.deployment_id, by_ticket.deployment_id) as deployment_id,
        approvals.environment,
        approvals.gate,
        approvals.requested_at,
        approvals.decided_at,
        approvals.decision
    from approvals
    left join by_ticket
        on approvals.approval_id = by_ticket.approval_id and by_ticket.place = 1
),

asked_with_deployment as (
    select
        asked.approval_id,
        asked.deployment_id,
        deployments.service,
        deployments.team,
        coalesce(asked.environment, deployments.environment) as environment,
        deployments.change_type,
        asked.gate,
        coalesce(asked.requested_at, deployments.requested_at) as requested_at,
        asked.decided_at,
        asked.decision,
        deployments.finished_at
    from asked
    left join deployments
        on asked.deployment_id = deployments.deployment_id
),

-- Where no approval names the deployment, its own record may say when it was asked for and approved.
own as (
    select
        deployments.deployment_id as approval_id,
        deployments.deployment_id,
        deployments.service,
        deployments.team,
        deployments.environment,
        deployments.change_type,
        cast(null as text) as gate,
        deployments.requested_at,
        deployments.approved_at as decided_at,
        case when deployments.approved_at is null then 'pending' else 'approved' end as decision,
        deployments.finished_at
    from deployments
    left anti join asked
        on deployments.deployment_id = asked.deployment_id
    where
        deployments.approved_at is not null
        -- One that is over without an approval did not wait for it: it had none, or nobody wrote it down.
        or deployments.status = 'in_progress'
),

requests as (
    select * from asked_with_deployment
    union all
    select * from own
),

judged as (
    select
        requests.approval_id,
        requests.deployment_id,
        requests.service,
        coalesce(requests.team, service_owners.team) as team,
        requests.environment,
        requests.change_type,
        requests.gate,
        requests.requested_at,
        requests.decided_at,
        requests.decision,
        requests.finished_at,
        requests.decided_at is not null as is_decided,
        -- Nobody waits any longer once the deployment is over.
        least(coalesce(requests.decided_at, requests.finished_at, $as_of), $as_of) as waited_until_at
    from requests
    left join service_owners
        on requests.service = service_owners.service
        and requests.requested_at >= service_owners.owned_from
        and requests.requested_at < service_owners.owned_until
    where requests.decided_at is not null or coalesce(requests.decision, 'pending') = 'pending'
)

select
    *,
    local_hour(requested_at) as requested_hour,
    is_working_time(requested_at) as is_requested_in_working_time,
    (cast(waited_until_at as bigint) - cast(requested_at as bigint)) / 1000000.0 as waited_s
from judged
where requested_at is not null
