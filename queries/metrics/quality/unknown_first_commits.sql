-- metric: unknown_first_commits
-- title: Changes whose first commit is unknown
-- question: For what share of delivered changes does nobody tell the first commit?
-- why: Their coding time is unknown, and their lead time begins only when review was asked for.
-- aggregate: rate(is_first_commit_unknown)
-- at: deployed_at
-- unit: ratio
-- better: lower
-- events: changes delivered
-- flagged: have no known first commit
-- chart: rate
-- needs: deployments, changes
-- caveat: Lists of pull requests do not tell it; the commits of each, or the repository itself, do.

select
    change_id,
    deployment_id,
    service,
    team,
    deployed_at,
    committed_at is null as is_first_commit_unknown
from delivered_changes
