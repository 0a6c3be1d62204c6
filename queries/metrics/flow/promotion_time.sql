-- metric: promotion_time
-- title: Time between environments
-- question: How long does a version stay in one environment before it reaches the next?
-- why: A version that waits in staging is finished work that nobody uses.
-- aggregate: median(promotion_s)
-- at: arrived_at
-- unit: seconds
-- better: lower
-- events: promotions
-- chart: ribbon
-- needs: deployments.version | deployments.commit_sha
-- caveat: From the first success of a version in one environment to its first in the next that it reached; the order is the one in which each version really went. Versions that were never promoted have no such time. A way back from production is no promotion.

with

steps as (
    select
        *,
        lag(environment) over (partition by service, version order by arrived_at, deployment_id) as from_environment,
        lag(arrived_at) over (partition by service, version order by arrived_at, deployment_id) as left_at,
        max(case when is_production then 1 else 0 end) over (
            partition by service, version
            order by arrived_at, deployment_id
            rows between unbounded preceding and 1 preceding
        ) as was_in_production
    from version_arrivals
)

select
    deployment_id,
    service,
    team,
    version,
    from_environment,
    environment as to_environment,
    arrived_at,
    (cast(arrived_at as bigint) - cast(left_at as bigint)) / 1000000.0 as promotion_s
from steps
where left_at is not null and (is_production or was_in_production = 0)
