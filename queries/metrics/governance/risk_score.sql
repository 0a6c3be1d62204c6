-- metric: risk_score
-- title: Risk score
-- question: How risky were the deployments, by what was known beforehand?
-- why: A gate that asks the same of every deployment is too slow for most and too weak for some.
-- aggregate: median(risk_score)
-- at: finished_at
-- unit: number
-- better: none
-- events: deployments with a score
-- chart: ribbon
-- needs: deployments.lines_changed | services.tier
-- caveat: 0 to 100, of history (known failures of the service in the 180 days before, weight 30), lines changed (30), tier (20), dependants (10) and data sensitivity (10); what is not known has no weight. The weights are a judgement: risk_calibration shows whether they are worth anything here.

select
    deployment_id,
    service,
    team,
    finished_at,
    risk_score,
    known_weight,
    history_part,
    churn_part,
    tier_part,
    dependants_part,
    sensitivity_part,
    is_known_failed
from deployment_risks
where risk_score is not null
