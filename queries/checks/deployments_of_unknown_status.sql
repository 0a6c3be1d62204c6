-- check: deployments_of_unknown_status
-- title: Every deployment has a known outcome
-- why: What neither succeeded nor failed is in no rate.

select
    deployment_id,
    service,
    finished_at,
    source_row
from deployments
where status = 'unknown'
order by deployment_id
