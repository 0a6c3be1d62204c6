-- plan: busy_time
-- title: Lies in a peak, a holiday or maintenance
-- why: Few people are there to repair, or many customers to notice.
-- weight: soft
-- needs: plan, windows

select
    entry,
    service,
    environment,
    starts_at,
    window_name as clashes_with,
    kind || ' ' || window_id || ', ' || cast(window_starts_at as text)
    || ' to ' || cast(window_ends_at as text) as evidence
from plan_entries_in_windows
where kind in ('peak', 'holiday', 'maintenance')
order by starts_at, entry, window_id
