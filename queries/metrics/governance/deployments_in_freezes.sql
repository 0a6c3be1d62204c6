-- metric: deployments_in_freezes
-- title: Deployments during a freeze
-- question: What was deployed during a freeze, and by which exception?
-- why: A freeze that is broken quietly protects nobody.
-- aggregate: table
-- at: finished_at
-- unit: count
-- better: none
-- events: deployments during a freeze
-- order: finished_at asc, deployment_id asc
-- chart: none
-- needs: deployments, windows
-- caveat: Freezes, blackouts and fiscal closes in whose scope the deployment lies, one row a deployment, the freeze that began first. A rollout that reaches into a freeze counts. An exception is honoured when it names the deployment or its ticket and a freeze as its policy, was granted before the deployment finished and had not expired then. Emergencies stand apart.

with

touched as (
    select
        *,
        row_number() over (
            partition by deployment_id
            order by starts_at, window_id
        ) as place
    from deployments_in_windows
    where kind in ('freeze', 'fiscal_close')
),

-- One that holds comes before one that does not.
claims as (
    select
        *,
        row_number() over (
            partition by deployment_id
            order by refusal asc nulls first, exception_id asc
        ) as place
    from exception_claims
    where is_about_freezes
)

select
    deployment_people.deployment_id,
    deployment_people.service,
    deployment_people.team,
    deployment_people.change_type,
    touched.began_at,
    deployment_people.finished_at,
    touched.window_id,
    touched.name as window_name,
    case
        when claims.exception_id is not null and claims.refusal is null then 'excepted'
        when deployment_people.change_type = 'emergency' then 'emergency'
        else 'violation'
    end as verdict,
    claims.exception_id,
    case
        when claims.exception_id is null then 'no exception names it'
        when claims.refusal is not null then claims.refusal
        else coalesce('granted by ' || claims.granted_by, 'granted') || coalesce(': ' || claims.reason, '')
    end as evidence,
    deployment_people.source_row
from touched
inner join deployment_people
    on touched.deployment_id = deployment_people.deployment_id
left join claims
    on touched.deployment_id = claims.deployment_id and claims.place = 1
where touched.place = 1
