-- metric: reviews_after_failure
-- title: Reviews after failed releases
-- question: After what share of failed releases was a review held within 14 days?
-- why: A failure that nobody looks back at will come again.
-- aggregate: rate(is_reviewed)
-- at: failed_at
-- unit: ratio
-- better: higher
-- events: failed deployments whose review is due
-- flagged: were reviewed in time
-- chart: rate
-- needs: deployments.reviewed_at | incidents.reviewed_at, failures
-- settles: 14d
-- caveat: A post-implementation review of the deployment, or a review of an incident attributed to it, held after it failed. Failures younger than 14 days are not due yet and left out. What is not recorded was not held, as far as anybody can show.

with

incident_reviews as (
    select
        judged_incidents.deployment_id,
        min(incidents.reviewed_at) as reviewed_at
    from judged_incidents
    inner join incidents
        on judged_incidents.incident_id = incidents.incident_id
    where
        judged_incidents.is_failure
        and judged_incidents.deployment_id is not null
        and incidents.reviewed_at >= judged_incidents.opened_at
    group by judged_incidents.deployment_id
),

failed as (
    select
        deployment_id,
        service,
        team,
        change_type,
        failure_rule,
        coalesce(least(first_incident_at, undone_at), finished_at) as failed_at
    from assessed_deployments
    where is_counted and is_failed
),

reviewed as (
    select
        failed.*,
        least(
            case when deployments.reviewed_at >= failed.failed_at then deployments.reviewed_at end,
            incident_reviews.reviewed_at
        ) as reviewed_at
    from failed
    inner join deployments
        on failed.deployment_id = deployments.deployment_id
    left join incident_reviews
        on failed.deployment_id = incident_reviews.deployment_id
)

select
    *,
    coalesce(cast(reviewed_at as bigint) - cast(failed_at as bigint) <= 14 * 86400000000, false) as is_reviewed
from reviewed
where cast(failed_at as bigint) <= cast($as_of as bigint) - 14 * 86400000000
