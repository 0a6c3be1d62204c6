-- metric: dossier_windows
-- title: Freezes and windows
-- question: Which freezes, change windows and holidays did each deployment touch?
-- why: Whether a rule held depends on the hour.
-- aggregate: table
-- at: finished_at
-- unit: count
-- better: none
-- events: windows touched
-- order: finished_at asc, deployment_id asc, starts_at asc, window_id asc
-- chart: none
-- needs: deployments, windows
-- caveat: Windows in whose scope the deployment lies and that its rollout touched.

select
    touched.deployment_id,
    deployment_people.service,
    touched.began_at,
    touched.finished_at,
    touched.window_id,
    touched.kind,
    touched.name,
    touched.scope,
    touched.starts_at,
    touched.ends_at
from deployments_in_windows as touched
inner join deployment_people
    on touched.deployment_id = deployment_people.deployment_id
