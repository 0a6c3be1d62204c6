-- plan: freeze
-- title: Lies in a freeze
-- why: What is planned into a freeze will need an exception, or another day.
-- weight: hard
-- needs: plan, windows

with

-- An exception is honoured when it names the entry's ticket and a freeze, and holds for the whole entry.
excepted as (
    select distinct plan_entries.entry_row
    from plan_entries
    inner join exceptions
        on plan_entries.ticket_id = exceptions.ticket_id
    where
        regexp_like(lower(exceptions.policy), 'freeze|blackout|close|window')
        and exceptions.granted_at <= plan_entries.starts_at
        and coalesce(exceptions.expires_at > plan_entries.ends_at, true)
)

select
    touched.entry,
    touched.service,
    touched.environment,
    touched.starts_at,
    touched.window_name as clashes_with,
    touched.window_id || ', ' || cast(touched.window_starts_at as text)
    || ' to ' || cast(touched.window_ends_at as text) as evidence
from plan_entries_in_windows as touched
left anti join excepted
    on touched.entry_row = excepted.entry_row
where touched.kind in ('freeze', 'fiscal_close')
order by touched.starts_at, touched.entry, touched.window_id
