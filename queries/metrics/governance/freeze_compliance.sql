-- metric: freeze_compliance
-- title: Freeze compliance
-- question: What share of deployments kept the freezes?
-- why: It shows whether the calendar is a rule or a wish.
-- aggregate: rate(is_compliant)
-- at: finished_at
-- unit: ratio
-- better: higher
-- events: deployments
-- flagged: kept the freezes
-- chart: rate
-- needs: deployments, windows
-- caveat: Outside every freeze, or by an exception that held; deployments_in_freezes lists the others. Emergencies during a freeze are left out and listed there too. A freeze that nobody wrote down cannot be broken.

select
    deployment_people.deployment_id,
    deployment_people.service,
    deployment_people.team,
    deployment_people.change_type,
    deployment_people.finished_at,
    deployments_in_freezes.window_id,
    coalesce(deployments_in_freezes.verdict, 'outside') as verdict,
    coalesce(deployments_in_freezes.verdict, 'outside') <> 'violation' as is_compliant
from deployment_people
left join deployments_in_freezes
    on deployment_people.deployment_id = deployments_in_freezes.deployment_id
where coalesce(deployments_in_freezes.verdict, 'outside') <> 'emergency'
