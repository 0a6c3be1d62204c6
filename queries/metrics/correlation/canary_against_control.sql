-- metric: canary_against_control
-- title: Canary against control
-- question: Did the canary serve more errors than what it ran beside, and could it have shown?
-- why: A canary that sees too little traffic passes whatever is released.
-- aggregate: table
-- at: finished_at
-- unit: count
-- better: none
-- events: canary releases
-- order: q asc nulls last, finished_at asc nulls last, deployment_id asc
-- chart: none
-- needs: deployments, rollouts.requests, rollouts.errors
-- caveat: Steps in which both served requests. The traffic needed is that which shows a doubled error rate four times out of five; requests are taken as independent of one another, which makes p too small where errors come in bursts.

with

sides as (
    select
        deployment_id,
        step,
        sum(case when cohort = 'canary' then requests end) as canary_request_count,
        sum(case when cohort = 'canary' then errors end) as canary_error_count,
        sum(case when cohort = 'control' then requests end) as control_request_count,
        sum(case when cohort = 'control' then errors end) as control_error_count
    from rollouts
    where requests is not null and errors is not null
    group by deployment_id, step
),

-- The hours in which only one of them served say nothing about the difference.
summed as (
    select
        deployment_id,
        count(*) as step_count,
        sum(canary_request_count) as canary_request_count,
        sum(canary_error_count) as canary_error_count,
        sum(control_request_count) as control_request_count,
        sum(control_error_count) as control_error_count
    from sides
    where canary_request_count > 0 and control_request_count > 0
    group by deployment_id
),

rated as (
    select
        *,
        cast(canary_error_count as double) / canary_request_count as canary_error_ratio,
        cast(control_error_count as double) / control_request_count as control_error_ratio,
        two_proportion_p(
            canary_error_count, canary_request_count, control_error_count, control_request_count
        ) as p
    from summed
),

planned as (
    select
        *,
        q_value(p) over () as q,
        -- Twice the control's errors: a difference fixed beforehand, not the one that was seen, which would only repeat p.
        case
            when control_error_ratio > 0 and control_error_ratio < 0.5
                then two_proportion_n(control_error_ratio, 2 * control_error_ratio)
        end as requests_needed_a_side_count
    from rated
)

select
    planned.deployment_id,
    assessed_deployments.service,
    assessed_deployments.team,
    assessed_deployments.finished_at,
    assessed_deployments.is_known_failed,
    planned.step_count,
    planned.canary_request_count,
    planned.canary_error_count,
    planned.canary_error_ratio,
    planned.control_request_count,
    planned.control_error_count,
    planned.control_error_ratio,
    planned.p,
    planned.q,
    planned.requests_needed_a_side_count,
    least(planned.canary_request_count, planned.control_request_count)
    >= planned.requests_needed_a_side_count as is_large_enough
from planned
inner join assessed_deployments
    on planned.deployment_id = assessed_deployments.deployment_id
