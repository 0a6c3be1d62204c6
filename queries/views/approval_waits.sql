-- view: approval_waits
-- about: Stretches of time in which a deployment waited for at least one approval; those of a deployment do not overlap.
-- needs: approvals.requested_at | deployments.approved_at

with

waits as (
    select
        deployment_id,
        cast(requested_at as bigint) as from_us,
        cast(waited_until_at as bigint) as until_us
    from approval_requests
    where deployment_id is not null and waited_s > 0
),

ordered as (
    select
        deployment_id,
        from_us,
        until_us,
        -- Up to when the earlier requests had been waited for.
        max(until_us) over (
            partition by deployment_id
            order by from_us, until_us
            rows between unbounded preceding and 1 preceding
        ) as covered_until_us
    from waits
)

select
    deployment_id,
    greatest(from_us, coalesce(covered_until_us, from_us)) as from_us,
    until_us
from ordered
where covered_until_us is null or until_us > covered_until_us
