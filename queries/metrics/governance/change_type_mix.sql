-- metric: change_type_mix
-- title: Deployments by change type
-- question: How were deployments governed: as standard changes, normal ones or emergencies?
-- why: Work moves to whichever door is open; the mix tells which.
-- aggregate: count()
-- by: change_type
-- levels: standard, normal, emergency, unknown
-- at: finished_at
-- unit: count
-- better: none
-- events: deployments carried out
-- chart: distribution
-- needs: deployments.change_type
-- caveat: Production deployments that succeeded, failed or were rolled back. A type that nobody recorded is unknown.

select
    deployment_id,
    service,
    team,
    coalesce(change_type, 'unknown') as change_type,
    finished_at
from deployment_people
