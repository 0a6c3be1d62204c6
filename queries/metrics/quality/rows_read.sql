-- metric: rows_read
-- title: Rows read, kept and left out
-- question: What became of every row of the input?
-- why: A number stands on the rows behind it.
-- aggregate: table
-- unit: count
-- better: none
-- events: rows
-- order: table_name
-- chart: none
-- needs: files_read
-- caveat: Read = kept + superseded + rejected + later than the moment asked for + unused (records that fill no table, such as a run that is no deployment).

select
    table_name,
    sum(rows_read) as rows_read,
    sum(rows_kept) as rows_kept,
    sum(rows_superseded) as rows_superseded,
    sum(rows_rejected) as rows_rejected,
    sum(rows_after_as_of) as rows_after_as_of,
    sum(rows_unused) as rows_unused
from files_read
group by table_name
