-- metric: coding_time
-- title: Coding time
-- question: How long is a change worked on before review is asked for?
-- why: Work that stays long on a branch meets the others late.
-- aggregate: median(coding_s)
-- at: deployed_at
-- unit: seconds
-- better: lower
-- events: changes delivered
-- chart: ribbon
-- needs: deployments, changes.committed_at, changes.opened_at
-- caveat: A stage of the lead time: from the first commit until review is asked for, of changes whose first commit is known. Medians of stages do not add up to the median of the whole.

select
    change_id,
    deployment_id,
    service,
    team,
    deployed_at,
    coding_s
from delivered_changes
where coding_s >= 0
