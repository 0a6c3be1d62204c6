-- metric: dossier_changes
-- title: Changes
-- question: Which changes did each deployment bring, and who wrote and reviewed them?
-- why: What was approved is only known where it is known what was in it.
-- aggregate: table
-- at: finished_at
-- unit: count
-- better: none
-- events: changes
-- order: finished_at asc, deployment_id asc, change_id asc
-- chart: none
-- needs: deployments, changes
-- caveat: `rule` says how the change was found to be in the deployment; by `next` it was only the next one after the merge.

select
    deliveries.deployment_id,
    deployment_people.service,
    deployment_people.finished_at,
    changes.change_id,
    deliveries.rule,
    changes.repository,
    changes.author,
    changes.reviewers,
    changes.commit_sha,
    changes.ticket_id,
    changes.committed_at,
    changes.merged_at,
    changes.lines_changed,
    changes.source_row
from deliveries
inner join changes
    on deliveries.change_id = changes.change_id
inner join deployment_people
    on deliveries.deployment_id = deployment_people.deployment_id
