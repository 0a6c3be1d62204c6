-- view: plan_entry_pairs
-- about: Entries of a proposed release calendar that would run at the same time, each pair once.
-- needs: plan

select
    one.entry,
    one.entry_row,
    one.service,
    one.team,
    one.environment,
    one.region,
    one.release_id,
    one.starts_at,
    other.entry as other_entry,
    other.service as other_service,
    other.team as other_team,
    other.environment as other_environment,
    other.region as other_region,
    other.release_id as other_release_id,
    greatest(one.starts_at, other.starts_at) as overlap_from_at,
    least(one.ends_at, other.ends_at) as overlap_until_at
from plan_entries as one
inner join plan_entries as other
    on one.starts_at < other.ends_at
    and other.starts_at < one.ends_at
-- The later entry of a pair is the one that is told of it.
where
    one.starts_at > other.starts_at
    or (one.starts_at = other.starts_at and one.entry_row > other.entry_row)
