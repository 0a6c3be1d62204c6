-- check: incomplete_exceptions
-- title: Every exception says for what, by whom, and until when
-- why: One without an end is a new rule; one without a name or a policy can be shown to nobody.

select
    exception_id,
    gap as what,
    source_row
from exception_register
where gap is not null
order by exception_id
