-- metric: dossiers
-- title: Deployment dossiers
-- question: Who did what for each deployment, when, and what do the controls say of it?
-- why: An auditor draws a sample of changes and asks for everything about each.
-- aggregate: table
-- at: finished_at
-- unit: count
-- better: none
-- events: deployments
-- order: finished_at asc, deployment_id asc
-- chart: none
-- needs: deployments
-- caveat: Production deployments that were carried out, each on its own. A verdict is pass, fail, excepted or not evidenced; where it is empty, the control does not apply or nothing of its kind is recorded. People and records are told as the data name them; authors are those of changes that name their deployment, release or commit.

select *
from deployment_dossiers
