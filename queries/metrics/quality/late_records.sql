-- metric: late_records
-- title: Records changed long after the event
-- question: What share of records was last written more than a week after what it tells of was over?
-- why: A number of last month may still move while records of last month do.
-- aggregate: rate(is_late)
-- at: over_at
-- unit: ratio
-- better: lower
-- events: records that say when they were last changed
-- flagged: were changed more than a week later
-- chart: rate
-- needs: deployments.updated_at | incidents.updated_at | changes.updated_at | tickets.updated_at
-- settles: 7d
-- caveat: The last change of a record is all that an export tells: one that came in time and was corrected later looks late too. Over is a deployment when it finished, an incident or ticket when it was resolved, a change when it was merged; what is not over is left out.

with

records as (
    select
        'deployments' as table_name,
        deployment_id as record_id,
        service,
        finished_at as over_at,
        updated_at
    from deployments
    union all
    select
        'incidents' as table_name,
        incident_id as record_id,
        service,
        coalesce(resolved_at, closed_at) as over_at,
        updated_at
    from incidents
    union all
    select
        'changes' as table_name,
        change_id as record_id,
        service,
        merged_at as over_at,
        updated_at
    from changes
    union all
    select
        'tickets' as table_name,
        ticket_id as record_id,
        service,
        resolved_at as over_at,
        updated_at
    from tickets
)

select
    table_name,
    record_id,
    service,
    over_at,
    updated_at,
    (cast(updated_at as bigint) - cast(over_at as bigint)) / 1000000.0 as lateness_s,
    cast(updated_at as bigint) - cast(over_at as bigint) > 7 * 86400000000 as is_late
from records
where over_at is not null and updated_at is not null
