-- metric: fail_rate_by_risk_band
-- title: Known change fail rate by risk score
-- question: What share failed at each level of risk that was known beforehand?
-- why: A gate belongs where failures are, and nowhere else.
-- aggregate: rate(is_known_failed)
-- by: risk_band
-- levels: below 20, 20 to 40, 40 to 60, 60 to 80, 80 and above
-- at: finished_at
-- unit: ratio
-- better: lower
-- events: deployments with a risk score
-- flagged: are known to have failed
-- counts: deployments with a risk score {known_failed}
-- chart: distribution
-- needs: deployments.lines_changed | services.tier, known failures
-- settles: attribution.window
-- caveat: Scores as risk_score has them, from what was known before each deployment. What was approved with more care may have failed less for that reason.

select
    deployment_id,
    service,
    team,
    finished_at,
    risk_score,
    is_known_failed,
    case
        when risk_score < 20 then 'below 20'
        when risk_score < 40 then '20 to 40'
        when risk_score < 60 then '40 to 60'
        when risk_score < 80 then '60 to 80'
        else '80 and above'
    end as risk_band
from deployment_risks
where risk_score is not null
