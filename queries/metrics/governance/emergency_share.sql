-- metric: emergency_share
-- title: Share of emergency changes
-- question: What share of deployments went through the emergency door?
-- why: A rising share means that the ordinary way is too slow, or that too much breaks.
-- aggregate: rate(is_emergency)
-- at: finished_at
-- unit: ratio
-- better: lower
-- events: deployments of known change type
-- flagged: were emergencies
-- chart: rate
-- needs: deployments.change_type
-- caveat: Deployments whose change type nobody recorded are left out; change_type_mix counts them.

select
    deployment_id,
    service,
    team,
    change_type,
    finished_at,
    change_type = 'emergency' as is_emergency
from deployment_people
where coalesce(change_type, 'unknown') <> 'unknown'
