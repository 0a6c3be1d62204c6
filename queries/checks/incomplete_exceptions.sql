-- check: incomplete_exceptions
-- title: Every exception says for what, by whom, and until when
-- why: One without an end is a new rule; one without a name or a policy can be shown to nobody.

with

judged as (
    select
        exception_id,
        case
            when deployment_id is null and ticket_id is null then 'names neither deployment nor ticket'
            when coalesce(trim(policy), '') = '' then 'names no policy'
            when coalesce(trim(granted_by), '') = '' then 'says not who granted it'
            when granted_at is null then 'says not when it was granted'
            when expires_at is null then 'never expires'
            when expires_at <= granted_at then 'expires before it is granted'
        end as what,
        source_row
    from exceptions
)

select
    exception_id,
    what,
    source_row
from judged
where what is not null
order by exception_id
