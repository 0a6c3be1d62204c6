-- metric: lasting_drift
-- title: Environments that stayed behind
-- question: Where did another version run than in production for more than 14 days?
-- why: What is tested in such a place says nothing about what users have.
-- aggregate: table
-- at: lasting_at
-- unit: count
-- better: none
-- events: environments that drifted for long
-- order: lasting_at asc, service asc, environment asc
-- chart: none
-- needs: deployments.version | deployments.commit_sha
-- caveat: From the success that parted an environment from production until they were alike again, or now. `lasting_at` is the moment at which 14 days were full. A version that waits that long for production counts too: it is drift as well.

with

succeeded as (
    select
        deployment_id,
        service,
        environment,
        is_production,
        coalesce(version, commit_sha) as version,
        finished_at
    from deployments
    where status = 'succeeded' and coalesce(version, commit_sha) is not null
),

places as (
    select distinct
        service,
        environment
    from succeeded
    where not is_production
),

-- What changes either side of the comparison: a success in the place, or in production.
moves as (
    select
        service,
        environment,
        finished_at as at,
        deployment_id,
        version,
        cast(null as text) as production_version
    from succeeded
    where not is_production
    union all
    select
        places.service,
        places.environment,
        succeeded.finished_at as at,
        succeeded.deployment_id,
        null as version,
        succeeded.version as production_version
    from places
    inner join succeeded
        on places.service = succeeded.service
    where succeeded.is_production
),

states as (
    select
        service,
        environment,
        at,
        last_known(version) over (partition by service, environment order by at, deployment_id) as version,
        last_known(production_version) over (
            partition by service, environment
            order by at, deployment_id
        ) as production_version,
        lead(at) over (partition by service, environment order by at, deployment_id) as next_at
    from moves
),

judged as (
    select
        service,
        environment,
        version,
        production_version,
        at,
        coalesce(next_at, $as_of) as until_at,
        coalesce(version <> production_version, false) as is_drifted
    from states
),

-- Each stretch of drift ends with a state in which both sides are alike.
numbered as (
    select
        *,
        sum(case when is_drifted then 0 else 1 end) over (
            partition by service, environment
            order by at, until_at
            rows between unbounded preceding and current row
        ) as stretch
    from judged
),

stretches as (
    select
        service,
        environment,
        min(at) as since_at,
        max(until_at) as until_at,
        last_value(version order by at, until_at) as version,
        last_value(production_version order by at, until_at) as production_version
    from numbered
    where is_drifted
    group by service, environment, stretch
)

select
    service,
    environment,
    since_at,
    arrow_cast(cast(since_at as bigint) + 14 * 86400000000, 'Timestamp(Microsecond, Some("UTC"))') as lasting_at,
    case when until_at < $as_of then until_at end as ended_at,
    (cast(until_at as bigint) - cast(since_at as bigint)) / 1000000.0 as drifted_s,
    version,
    production_version
from stretches
where cast(until_at as bigint) - cast(since_at as bigint) > 14 * 86400000000
