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

-- The steps of a version follow one another, so that the step before is of the same version or there is none.
steps as (
    select
        *,
        lag(version) over (partition by service order by version, arrived_at, deployment_id) as earlier_version,
        lag(environment) over (partition by service order by version, arrived_at, deployment_id) as from_environment,
        lag(arrived_at) over (partition by service order by version, arrived_at, deployment_id) as left_at,
        -- It is this version once this version was in production.
        last_known(case when is_production then version end) over (
            partition by service
            order by version, arrived_at, deployment_id
        ) as production_version
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
where earlier_version = version and (is_production or version is distinct from production_version)
