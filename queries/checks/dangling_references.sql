-- check: dangling_references
-- title: Every reference finds its record
-- why: An incident that names a deployment nobody logged stays unattributed.

select
    "table",
    id,
    "column",
    value,
    reason
from dangling_references
order by "table", id, "column"
