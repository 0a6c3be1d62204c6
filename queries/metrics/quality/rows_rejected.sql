-- metric: rows_rejected
-- title: Why rows were rejected
-- question: Which rows could not be used, and why?
-- why: A rejected row is a fact that no number knows.
-- aggregate: table
-- unit: count
-- better: none
-- events: rows
-- order: row_count desc, table_name, column_name, reason
-- chart: none
-- needs: files_read
-- caveat: `shipwake sql 'select * from rejected_rows'` lists them with file, line and value.

select
    "table" as table_name,
    "column" as column_name,
    reason,
    count(*) as row_count
from rejected_rows
group by "table", "column", reason
