-- view: plan_entries_in_windows
-- about: Entries of a proposed release calendar with each window of their scope that they would touch.
-- needs: plan, windows

-- A plan has hundreds of entries at most, so each may be held against every window.
select
    plan_entries.*,
    windows.window_id,
    windows.kind,
    coalesce(windows.name, windows.window_id) as window_name,
    windows.starts_at as window_starts_at,
    windows.ends_at as window_ends_at
from plan_entries
inner join windows
    on plan_entries.starts_at < windows.ends_at
    -- A window holds from its first moment up to its end, as for what was deployed.
    and plan_entries.ends_at >= windows.starts_at
where
    windows.ends_at > windows.starts_at
    and matches_scope(
        windows.scope, plan_entries.service, plan_entries.team, plan_entries.environment, plan_entries.region
    )
