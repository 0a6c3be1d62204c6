-- metric: undelivered_changes
-- title: Merged changes not seen in production
-- question: What share of merged changes has not reached production?
-- why: Work that is merged and not deployed is stock, or a deployment that nobody logged.
-- aggregate: rate(is_undelivered)
-- at: merged_at
-- unit: ratio
-- better: lower
-- events: merged changes
-- flagged: not in production
-- chart: rate
-- needs: deployments, changes.merged_at
-- settles: 7d
-- caveat: The most recent changes may simply be waiting.

select
    changes.change_id,
    changes.service,
    service_owners.team,
    changes.merged_at,
    deliveries.change_id is null as is_undelivered
from changes
left join deliveries
    on changes.change_id = deliveries.change_id
left join service_owners
    on changes.service = service_owners.service
    and changes.merged_at >= service_owners.owned_from
    and changes.merged_at < service_owners.owned_until
where changes.merged_at is not null
