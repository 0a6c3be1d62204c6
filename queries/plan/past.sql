-- plan: past
-- title: Begins before now
-- why: What has begun cannot be planned any more; a year or a month may be mistyped.
-- weight: soft
-- needs: plan

select
    entry,
    service,
    environment,
    starts_at,
    'the past' as clashes_with,
    'now is ' || cast($as_of as text) as evidence
from plan_entries
where starts_at < $as_of
order by starts_at, entry
