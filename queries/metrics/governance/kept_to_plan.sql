-- metric: kept_to_plan
-- title: Deployments within their planned time
-- question: What share of deployments ran when they were planned to?
-- why: A calendar that nobody keeps cannot keep releases apart.
-- aggregate: rate(is_as_planned)
-- at: finished_at
-- unit: ratio
-- better: higher
-- events: deployments of known plan
-- flagged: ran within their planned time
-- chart: rate
-- needs: deployments.planned_start_at, deployments.planned_end_at, deployments.started_at
-- caveat: The whole rollout must lie within the planned time, to the second, both ends included. A generous plan is easily kept; `verdict` tells on which side it was left.

select
    deployment_id,
    service,
    team,
    change_type,
    planned_start_at,
    planned_end_at,
    started_at,
    finished_at,
    case
        when start_delay_s < 0 and overrun_s > 0 then 'early and late'
        when start_delay_s < 0 and finished_at < planned_start_at then 'over before it was to begin'
        when start_delay_s < 0 then 'began early'
        when overrun_s > 0 and started_at > planned_end_at then 'began after it was to be over'
        when overrun_s > 0 then 'ended late'
        else 'as planned'
    end as verdict,
    start_delay_s >= 0 and overrun_s <= 0 as is_as_planned
from planned_deployments
