-- check: keys_that_collide
-- title: No two records bear the same key
-- why: Of rows with one key only one counts; the others are taken for earlier versions of it, whatever they tell of.
-- needs: colliding_keys

select
    "table",
    row_count,
    "key",
    "column",
    "value",
    source_row,
    other_value,
    other_source_row
from colliding_keys
order by "table"
