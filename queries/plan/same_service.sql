-- plan: same_service
-- title: Runs into another entry of its service
-- why: The second rollout begins on what the first has left half done.
-- weight: hard
-- needs: plan

select
    entry,
    service,
    environment,
    starts_at,
    other_entry as clashes_with,
    'both from ' || cast(overlap_from_at as text) || ' to ' || cast(overlap_until_at as text) as evidence
from plan_entry_pairs
where
    service = other_service
    and lower(environment) = lower(other_environment)
    -- Another region is another place.
    and coalesce(region = other_region, true)
order by starts_at, entry, other_entry
