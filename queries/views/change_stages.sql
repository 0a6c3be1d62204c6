-- view: change_stages
-- about: Every change, delivered or not, with the seconds that each stage of its way took so far.
-- needs: changes

with

spans as (
    select
        changes.change_id,
        changes.service,
        deliveries.deployment_id,
        changes.committed_at,
        -- Where nobody tells the first commit, the opening is the first that is known of the change.
        coalesce(changes.committed_at, changes.opened_at) as begun_at,
        changes.opened_at,
        changes.first_review_at,
        changes.merged_at,
        deliveries.deployed_at,
        (cast(changes.opened_at as bigint) - cast(changes.committed_at as bigint)) / 1000000.0 as coding_s,
        (cast(changes.merged_at as bigint) - cast(changes.opened_at as bigint)) / 1000000.0 as review_s,
        (cast(changes.first_review_at as bigint) - cast(changes.opened_at as bigint)) / 1000000.0 as pickup_s,
        (cast(changes.merged_at as bigint) - cast(changes.first_review_at as bigint)) / 1000000.0 as under_review_s,
        (cast(deliveries.deployed_at as bigint) - cast(changes.merged_at as bigint)) / 1000000.0 as waiting_s
    from changes
    left join deliveries
        on changes.change_id = deliveries.change_id
)

-- A stage that runs backwards (a commit written anew after review was asked for, a clock that runs wrong) has no known
-- length. The review is the pickup, until somebody looks, and the time under review.
select
    change_id,
    service,
    deployment_id,
    committed_at,
    begun_at,
    opened_at,
    first_review_at,
    merged_at,
    deployed_at,
    case when coding_s >= 0 then coding_s end as coding_s,
    case when review_s >= 0 then review_s end as review_s,
    case when pickup_s >= 0 then pickup_s end as pickup_s,
    case when under_review_s >= 0 then under_review_s end as under_review_s,
    case when waiting_s >= 0 then waiting_s end as waiting_s
from spans
