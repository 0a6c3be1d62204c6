-- metric: known_errors_carried
-- title: Known errors carried into releases
-- question: How many known errors of a service are open when it is released?
-- why: They are debt that each release takes on again.
-- aggregate: mean(known_error_count)
-- at: finished_at
-- unit: number
-- better: lower
-- events: deployments
-- chart: ribbon
-- needs: deployments, tickets.is_known_error
-- caveat: Tickets marked as known errors, of the same service, raised and not yet resolved when the deployment finished. One that is resolved and does not say when is left out.

with

-- Of one that is over without a moment nobody knows when it was still carried.
known_errors as (
    select
        service,
        created_at,
        resolved_at
    from tickets
    where
        is_known_error
        and service is not null
        and (resolved_at is not null or coalesce(status, 'open') not in ('resolved', 'closed'))
),

moments as (
    select
        service,
        created_at as at,
        0 as position,
        1 as step,
        cast(null as text) as deployment_id
    from known_errors
    union all
    select
        service,
        resolved_at as at,
        0 as position,
        -1 as step,
        cast(null as text) as deployment_id
    from known_errors
    where resolved_at is not null
    union all
    -- At the same instant the tickets come first: one that is resolved then is carried no longer.
    select
        service,
        finished_at as at,
        1 as position,
        0 as step,
        deployment_id
    from deployment_people
),

counted as (
    select
        deployment_id,
        sum(step) over (
            partition by service
            order by at, position
            range between unbounded preceding and current row
        ) as known_error_count
    from moments
)

select
    deployment_people.deployment_id,
    deployment_people.service,
    deployment_people.team,
    deployment_people.change_type,
    deployment_people.finished_at,
    counted.known_error_count
from counted
inner join deployment_people
    on counted.deployment_id = deployment_people.deployment_id
