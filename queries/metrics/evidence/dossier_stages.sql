-- metric: dossier_stages
-- title: Stages
-- question: Through which stages did each deployment go?
-- why: A pipeline enforces a rule only where it ran.
-- aggregate: table
-- at: finished_at
-- unit: count
-- better: none
-- events: stages
-- order: finished_at asc, deployment_id asc, stage_started_at asc nulls last, stage asc
-- chart: none
-- needs: deployments, stages
-- caveat: As recorded.

select
    stages.deployment_id,
    deployment_people.service,
    deployment_people.finished_at,
    stages.stage,
    stages.kind,
    stages.environment,
    stages.started_at as stage_started_at,
    stages.finished_at as stage_finished_at,
    stages.status,
    stages.source_row
from stages
inner join deployment_people
    on stages.deployment_id = deployment_people.deployment_id
