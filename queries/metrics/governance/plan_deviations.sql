-- metric: plan_deviations
-- title: How plans were left
-- question: Did rollouts begin early, end late, or run at another time altogether?
-- why: Early is a calendar nobody reads; late is a plan that was too tight.
-- aggregate: count()
-- by: verdict
-- levels: as planned, began early, ended late, early and late, over before it was to begin, began after it was to be over
-- at: finished_at
-- unit: count
-- better: none
-- events: deployments of known plan
-- chart: distribution
-- needs: deployments.planned_start_at, deployments.planned_end_at, deployments.started_at
-- caveat: As kept_to_plan judges each.

select
    deployment_id,
    service,
    team,
    change_type,
    finished_at,
    verdict
from kept_to_plan
