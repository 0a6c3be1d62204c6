-- plan: dependency
-- title: Runs into a service that it depends on, or that depends on it
-- why: When two of them break something together, nobody knows which to take back.
-- weight: hard
-- needs: plan, dependencies

with

related as (
    select
        service,
        depends_on as other_service,
        service || ' depends on ' || depends_on as relation
    from dependencies
    where service <> depends_on
    union all
    select
        depends_on as service,
        service as other_service,
        service || ' depends on ' || depends_on as relation
    from dependencies
    where service <> depends_on
)

select
    pairs.entry,
    pairs.service,
    pairs.environment,
    pairs.starts_at,
    pairs.other_entry as clashes_with,
    related.relation || '; both from ' || cast(pairs.overlap_from_at as text)
    || ' to ' || cast(pairs.overlap_until_at as text) as evidence
from plan_entry_pairs as pairs
inner join related
    on pairs.service = related.service and pairs.other_service = related.other_service
where
    lower(pairs.environment) = lower(pairs.other_environment)
    and coalesce(pairs.region = pairs.other_region, true)
    -- What goes out as one release is meant to go out together.
    and coalesce(pairs.release_id <> pairs.other_release_id, true)
order by pairs.starts_at, pairs.entry, pairs.other_entry, related.relation
