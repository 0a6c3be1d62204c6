-- check: stale_deployment_log
-- title: The deployment log is no older than a month
-- why: A silent log looks like a quiet team.

with

newest as (
    select max(finished_at) as newest_at
    from deployments
)

select newest_at
from newest
where cast($as_of as bigint) - cast(newest_at as bigint) > 2678400000000
