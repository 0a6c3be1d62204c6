-- check: unmapped_words
-- title: Every word is known
-- why: A status that is not understood counts neither as success nor as failure.

select
    "table",
    "column",
    value,
    "count"
from unmapped_words
order by "table", "column", value
