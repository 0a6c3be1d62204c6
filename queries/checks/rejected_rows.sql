-- check: rejected_rows
-- title: No row was rejected
-- why: A rejected row is a fact that no number knows.

select
    "table",
    file,
    line,
    record,
    byte,
    "column",
    value,
    reason
from rejected_rows
order by file, line, record, "column"
