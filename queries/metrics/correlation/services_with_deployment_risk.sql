-- metric: services_with_deployment_risk
-- title: Services with deployment risk
-- question: In which services do deployments bring incidents?
-- why: An average over services hides the few where releasing hurts.
-- aggregate: table
-- unit: count
-- better: none
-- events: services
-- order: q asc nulls last, low desc nulls last, service asc
-- chart: none
-- needs: deployments, incidents
-- caveat: Exposed is the time within 24 hours after a deployment, repairs left aside; it is compared with the other time of the same four weeks. All time up to now. p moves the incidents by whole weeks within blocks of about four; from one block it cannot be below 0.2. q allows for the number of services asked. Few incidents leave a wide interval.

with

tested as (
    select
        service,
        min(team) as team,
        sum(deployment_count) as deployment_count,
        exposure_test(service, starts_at, length_s, is_exposed, incident_count) as numbers
    from service_exposure
    group by service
),

named as (
    select
        service,
        team,
        deployment_count,
        cast(numbers[5] as bigint) as exposed_incident_count,
        numbers[6] as exposed_s,
        cast(numbers[7] as bigint) as other_incident_count,
        numbers[8] as other_s,
        numbers[1] as rate_ratio,
        numbers[2] as low,
        numbers[3] as high,
        numbers[9] as p,
        cast(numbers[10] as bigint) as block_count,
        cast(numbers[11] as bigint) as uncompared_incident_count
    from tested
)

select
    *,
    q_value(p) over () as q
from named
