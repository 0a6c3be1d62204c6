-- metric: board_share
-- title: Share of changes for the change board
-- question: What share of deployments did the change board have to approve?
-- why: A board that sees everything looks closely at nothing.
-- aggregate: rate(is_for_board)
-- at: finished_at
-- unit: ratio
-- better: none
-- events: deployments of which it is known
-- flagged: were for the change board
-- chart: rate
-- needs: deployments.is_board_required | approvals.gate
-- caveat: As the deployment's record says. Where it does not, an approval at the gate `cab` tells, and where gates are on record none tells that it was not asked.

with

asked as (
    select distinct deployment_id
    from approvals
    where gate = 'cab' and deployment_id is not null
),

told as (
    select
        deployment_people.deployment_id,
        deployment_people.service,
        deployment_people.team,
        deployment_people.change_type,
        deployment_people.finished_at,
        coalesce(
            deployments.is_board_required,
            case
                when asked.deployment_id is not null then true
                when (select count(*) from approvals where gate is not null) > 0 then false
            end
        ) as is_for_board
    from deployment_people
    inner join deployments
        on deployment_people.deployment_id = deployments.deployment_id
    left join asked
        on deployment_people.deployment_id = asked.deployment_id
)

select *
from told
where is_for_board is not null
