-- plan: outside_change_window
-- title: Lies outside its change window
-- why: A change window is where people stand ready to repair.
-- weight: hard
-- needs: plan, windows

with

-- Change windows govern a place from the first of them to the end of the last; beyond, nobody has said.
governed as (
    select
        plan_entries.entry_row,
        min(windows.starts_at) as first_at,
        max(windows.ends_at) as last_at,
        count(*) as window_count
    from plan_entries
    cross join windows
    where
        windows.kind = 'change_window'
        and matches_scope(
            windows.scope, plan_entries.service, plan_entries.team, plan_entries.environment, plan_entries.region
        )
    group by plan_entries.entry_row
),

within as (
    select distinct entry_row
    from plan_entries_in_windows
    where kind = 'change_window' and starts_at >= window_starts_at and ends_at <= window_ends_at
)

select
    plan_entries.entry,
    plan_entries.service,
    plan_entries.environment,
    plan_entries.starts_at,
    'no change window' as clashes_with,
    'outside all ' || governed.window_count || ' change windows from ' || cast(governed.first_at as text)
    || ' to ' || cast(governed.last_at as text) as evidence
from plan_entries
inner join governed
    on plan_entries.entry_row = governed.entry_row
left anti join within
    on plan_entries.entry_row = within.entry_row
where
    plan_entries.change_type in ('normal', 'unknown')
    and plan_entries.starts_at >= governed.first_at
    and plan_entries.starts_at < governed.last_at
order by plan_entries.starts_at, plan_entries.entry
