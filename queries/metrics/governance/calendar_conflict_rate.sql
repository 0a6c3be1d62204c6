-- metric: calendar_conflict_rate
-- title: Deployments that ran into another
-- question: What share of production deployments overlapped one of the same service or of one it depends on?
-- why: It shows whether the release calendar is kept apart where it matters.
-- aggregate: rate(is_in_conflict)
-- at: finished_at
-- unit: ratio
-- better: lower
-- events: deployments of known duration
-- flagged: ran into another
-- chart: rate
-- needs: deployments.started_at
-- caveat: Both sides of an overlap count; calendar_conflicts lists the pairs.

with

in_conflict as (
    select deployment_id
    from overlapping_deployments
    union
    select other_deployment_id as deployment_id
    from overlapping_deployments
)

select
    deployment_people.deployment_id,
    deployment_people.service,
    deployment_people.team,
    deployment_people.change_type,
    deployment_people.finished_at,
    in_conflict.deployment_id is not null as is_in_conflict
from deployment_people
left join in_conflict
    on deployment_people.deployment_id = in_conflict.deployment_id
where
    deployment_people.finished_at > deployment_people.started_at
    -- A start more than 31 days before the end is not believed; the check `endless_rollouts` lists these.
    and cast(deployment_people.finished_at as bigint) - cast(deployment_people.started_at as bigint) <= 2678400000000
