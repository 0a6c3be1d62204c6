-- metric: skipped_environment_rate
-- title: Versions that skipped an environment
-- question: What share of versions went to production without the environments through which their service usually goes?
-- why: A step that is skipped under pressure is skipped when it is needed most.
-- aggregate: rate(is_skipped)
-- at: arrived_at
-- unit: ratio
-- better: lower
-- events: versions that reached production
-- flagged: skipped an environment
-- chart: rate
-- needs: deployments.version | deployments.commit_sha
-- caveat: Usual is an environment in which half of the service's versions or more succeeded before they reached production. Services that only know production are left out.

with

production_arrivals as (
    select
        *,
        row_number() over (
            partition by service, version
            order by arrived_at, deployment_id
        ) as place
    from version_arrivals
    where is_production
),

released as (
    select
        deployment_id,
        service,
        team,
        version,
        arrived_at
    from production_arrivals
    where place = 1
),

visits as (
    select
        version_arrivals.service,
        version_arrivals.version,
        version_arrivals.environment
    from version_arrivals
    inner join released
        on version_arrivals.service = released.service
        and version_arrivals.version = released.version
    where not version_arrivals.is_production and version_arrivals.arrived_at <= released.arrived_at
),

version_counts as (
    select
        service,
        count(*) as version_count
    from released
    group by service
),

usual as (
    select
        visits.service,
        visits.environment
    from visits
    inner join version_counts
        on visits.service = version_counts.service
    group by visits.service, visits.environment, version_counts.version_count
    having 2 * count(*) >= version_counts.version_count
),

expected as (
    select
        released.service,
        released.version,
        count(*) as expected_count,
        count(visits.environment) as visited_count,
        string_agg(
            case when visits.environment is null then usual.environment end, ', '
            order by usual.environment
        ) as skipped
    from released
    inner join usual
        on released.service = usual.service
    left join visits
        on released.service = visits.service
        and released.version = visits.version
        and usual.environment = visits.environment
    group by released.service, released.version
)

select
    released.deployment_id,
    released.service,
    released.team,
    released.version,
    released.arrived_at,
    expected.visited_count < expected.expected_count as is_skipped,
    expected.skipped
from expected
inner join released
    on expected.service = released.service
    and expected.version = released.version
