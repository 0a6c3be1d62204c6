-- metric: approval_wait_share
-- title: Share of lead time spent waiting for approval
-- question: How much of the way to production is spent waiting for a signature?
-- why: It tells whether a faster gate would be felt at all.
-- aggregate: ratio(approval_wait_s, lead_s)
-- at: deployed_at
-- unit: ratio
-- better: lower
-- events: changes delivered
-- chart: ribbon
-- needs: deployments, changes, approvals.requested_at | deployments.approved_at
-- caveat: Sum of the waiting over the sum of the lead times, so long changes weigh more. Each moment counts once, however many gates were open. A change whose deployment has no approval on record waited for none that we know of.

with

overlaps as (
    select
        delivered_changes.change_id,
        sum(
            greatest(
                least(approval_waits.until_us, cast(delivered_changes.deployed_at as bigint))
                - greatest(
                    approval_waits.from_us,
                    cast(delivered_changes.deployed_at as bigint) - cast(delivered_changes.lead_s * 1000000 as bigint)
                ),
                0
            )
        ) / 1000000.0 as approval_wait_s
    from delivered_changes
    inner join approval_waits
        on delivered_changes.deployment_id = approval_waits.deployment_id
    group by delivered_changes.change_id
)

select
    delivered_changes.change_id,
    delivered_changes.deployment_id,
    delivered_changes.service,
    delivered_changes.team,
    delivered_changes.deployed_at,
    delivered_changes.lead_s,
    coalesce(overlaps.approval_wait_s, 0) as approval_wait_s
from delivered_changes
left join overlaps
    on delivered_changes.change_id = overlaps.change_id
where delivered_changes.lead_s >= 0
