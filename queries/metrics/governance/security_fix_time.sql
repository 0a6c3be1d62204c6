-- metric: security_fix_time
-- title: Time to ship a security fix
-- question: How long does a security fix take from its first commit to production?
-- why: Once a fix is written, everybody who can read it knows the hole.
-- aggregate: survival_median(open_s, is_shipped)
-- at: begun_at
-- unit: seconds
-- better: lower
-- events: security fixes
-- chart: ribbon
-- needs: deployments, changes.category
-- caveat: Changes of category security that were merged. Those not in production yet have taken at least until now. Where nobody tells the first commit, the time begins when the change was opened.

select
    change_stages.change_id,
    change_stages.service,
    change_stages.deployment_id,
    change_stages.committed_at,
    change_stages.begun_at,
    change_stages.merged_at,
    change_stages.deployed_at,
    change_stages.deployed_at is not null as is_shipped,
    (
        cast(coalesce(change_stages.deployed_at, $as_of) as bigint) - cast(change_stages.begun_at as bigint)
    ) / 1000000.0 as open_s
from change_stages
inner join changes
    on change_stages.change_id = changes.change_id
where
    changes.category = 'security'
    and (change_stages.merged_at is not null or change_stages.deployed_at is not null)
    -- Deployed before it began is a wrong clock.
    and coalesce(change_stages.deployed_at, $as_of) >= change_stages.begun_at
