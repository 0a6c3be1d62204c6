-- view: overlapping_on_items
-- about: Pairs of production rollouts that ran at the same time on one configuration item, each pair and item once.
-- needs: items, deployments.started_at

select
    one.item,
    one.deployment_id,
    one.service,
    other.deployment_id as other_deployment_id,
    other.service as other_service,
    greatest(one.started_at, other.started_at) as overlap_from_at,
    least(one.finished_at, other.finished_at) as overlap_until_at
from item_rollouts as one
inner join item_rollouts as other
    on one.item = other.item and one.day = other.day
where
    one.deployment_id < other.deployment_id
    and one.started_at < other.finished_at
    and other.started_at < one.finished_at
    -- They meet on every day that both reach over: told is the first of these.
    and one.day = greatest(one.first_day, other.first_day)
    -- What goes out as one release is meant to go out together.
    and coalesce(one.release_id <> other.release_id, true)
