-- metric: latent_defect_rate
-- title: Latent defects
-- question: What share of deployments has had an incident 1, 24 and 72 hours after?
-- why: The difference between the first hour and the third day is what nobody was watching for.
-- aggregate: rate(has_incident)
-- by: time_since_deployment
-- levels: within 1 h, within 24 h, within 72 h
-- at: finished_at
-- unit: ratio
-- better: lower
-- events: deployments
-- flagged: had an incident
-- chart: distribution
-- needs: deployments, incidents
-- settles: 72h
-- caveat: The first incident attributed to the deployment; one that began while it was rolled out counts from the first hour on. A deployment counts once it is as old as the time asked for.

with

horizons as (
    select
        deployment_id,
        service,
        team,
        change_type,
        finished_at,
        first_incident_at,
        unnest([3600, 86400, 259200]) as horizon_s
    from judged_deployments
    where is_counted and finished_at is not null
),

aged as (
    select
        *,
        (cast(first_incident_at as bigint) - cast(finished_at as bigint)) / 1000000.0 as first_incident_after_s
    from horizons
    where cast(finished_at as bigint) + horizon_s * 1000000 <= cast($as_of as bigint)
)

select
    deployment_id,
    service,
    team,
    change_type,
    finished_at,
    first_incident_after_s,
    case horizon_s
        when 3600 then 'within 1 h'
        when 86400 then 'within 24 h'
        when 259200 then 'within 72 h'
    end as time_since_deployment,
    -- Exactly as long after as was asked is within it.
    coalesce(first_incident_after_s <= horizon_s, false) as has_incident
from aged
