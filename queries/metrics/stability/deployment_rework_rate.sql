-- metric: deployment_rework_rate
-- title: Deployment rework rate
-- question: What share of deployments was unplanned repair of an incident?
-- why: Rework is capacity that earlier releases have already spent.
-- aggregate: rate(is_rework)
-- at: finished_at
-- unit: ratio
-- better: lower
-- events: deployments
-- flagged: were repairs
-- counts: {deployments} that were emergencies, hotfixes, rollbacks or name the incident they repair, {counted}
-- chart: rate
-- needs: deployments, deployments.change_type | deployments.fixes_incident_id | rollbacks
-- caveat: Emergency changes, hotfixes, rollbacks and deployments that name the incident they repair.

select
    deployment_id,
    service,
    team,
    change_type,
    category,
    finished_at,
    fixes_incident_id,
    rollback_of,
    is_rework
from judged_deployments
where is_counted
