-- metric: version_drift
-- title: Version drift
-- question: In what share of environments does another version run than in production?
-- why: A test in an environment that is not like production proves little.
-- aggregate: rate(is_drifted)
-- at: seen_at
-- unit: ratio
-- better: lower
-- events: services in environments at the end of a month
-- flagged: differ from production
-- chart: rate
-- needs: deployments.version | deployments.commit_sha
-- caveat: What last succeeded in each environment by the end of each month, against what last succeeded in production; other production environments count too, so that regions may drift. Months in which nothing at all was deployed are not seen.

with

succeeded as (
    select
        deployment_id,
        service,
        environment,
        is_production,
        coalesce(version, commit_sha) as version,
        finished_at,
        period_start(finished_at, 'month') as month
    from deployments
    where status = 'succeeded' and coalesce(version, commit_sha) is not null
),

-- The last success of each month, in each environment and in production as a whole.
placed as (
    select
        *,
        row_number() over (
            partition by service, environment, month
            order by finished_at desc, deployment_id desc
        ) as place,
        row_number() over (
            partition by service, is_production, month
            order by finished_at desc, deployment_id desc
        ) as production_place
    from succeeded
),

-- Only months that are over have an end.
months as (
    select distinct month
    from succeeded
    where month < period_start($as_of, 'month')
),

places as (
    select
        service,
        environment,
        min(month) as first_month
    from succeeded
    group by service, environment
),

grid as (
    select
        months.month,
        places.service,
        places.environment
    from places
    inner join months
        on months.month >= places.first_month
),

filled as (
    select
        grid.month,
        grid.service,
        grid.environment,
        last_value(here.version) ignore nulls over (
            partition by grid.service, grid.environment
            order by grid.month
            rows between unbounded preceding and current row
        ) as version,
        last_value(production.version) ignore nulls over (
            partition by grid.service, grid.environment
            order by grid.month
            rows between unbounded preceding and current row
        ) as production_version,
        last_value(production.environment) ignore nulls over (
            partition by grid.service, grid.environment
            order by grid.month
            rows between unbounded preceding and current row
        ) as production_environment
    from grid
    left join placed as here
        on grid.service = here.service
        and grid.environment = here.environment
        and grid.month = here.month
        and here.place = 1
    left join placed as production
        on grid.service = production.service
        and grid.month = production.month
        and production.is_production
        and production.production_place = 1
)

select
    service,
    environment,
    -- A moment of the last two days of the month, whatever the time zone.
    arrow_cast(
        arrow_cast(month, 'Timestamp(Microsecond, None)') + interval '1 month' - interval '18 hours',
        'Timestamp(Microsecond, Some("UTC"))'
    ) as seen_at,
    version,
    production_version,
    version <> production_version as is_drifted
from filled
-- What was deployed last in production is what the others are held against, not itself.
where environment <> production_environment
