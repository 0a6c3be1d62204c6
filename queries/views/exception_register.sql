-- view: exception_register
-- about: Each exception with the first thing that its record lacks: for what, by which policy, by whom, from when or until when.
-- needs: exceptions

select
    *,
    case
        when deployment_id is null and ticket_id is null then 'names neither deployment nor ticket'
        when coalesce(trim(policy), '') = '' then 'names no policy'
        when coalesce(trim(granted_by), '') = '' then 'says not who granted it'
        when granted_at is null then 'says not when it was granted'
        when expires_at is null then 'never expires'
        when expires_at <= granted_at then 'expires before it is granted'
    end as gap
from exceptions
