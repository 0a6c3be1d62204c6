-- metric: dossier_checks
-- title: Checks
-- question: Which tests, scans and gates ran for each deployment, and how did they end?
-- why: A check that is not recorded cannot be shown to have run.
-- aggregate: table
-- at: finished_at
-- unit: count
-- better: none
-- events: checks
-- order: finished_at asc, deployment_id asc, "check" asc
-- chart: none
-- needs: deployments, checks
-- caveat: As recorded; value and threshold have the unit of the check.

select
    checks.deployment_id,
    deployment_people.service,
    deployment_people.finished_at,
    checks."check",
    checks.kind,
    checks.value,
    checks.threshold,
    checks.outcome,
    checks.waived_by,
    checks.source_row
from checks
inner join deployment_people
    on checks.deployment_id = deployment_people.deployment_id
