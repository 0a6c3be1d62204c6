-- metric: incident_story
-- title: What happened around one incident
-- question: What was deployed around the worst incident of the month, at its service and at those it depends on?
-- why: Seen on one axis, the order of events often answers what a review would ask.
-- aggregate: table
-- at: opened_at
-- unit: count
-- better: none
-- events: moments around an incident
-- order: opened_at desc, incident_id asc, lane_rank asc, lane asc, at asc, label asc
-- chart: story
-- needs: deployments, incidents
-- caveat: The worst incident of each month by severity, then by length: six hours before it or its deployment until six hours after its end, three days at most. Lanes are its service, those that it depends on and those that depend on it (`dependencies`).

with

ranked as (
    select
        judged_incidents.incident_id,
        judged_incidents.service,
        judged_incidents.deployment_id,
        judged_incidents.opened_at,
        judged_incidents.over_at,
        row_number() over (
            partition by period_start(judged_incidents.opened_at, 'month')
            order by
                judged_incidents.severity_rank asc nulls last,
                judged_incidents.lasted_s desc nulls last,
                judged_incidents.incident_id asc
        ) as place
    from judged_incidents
    where judged_incidents.is_counted and judged_incidents.service is not null
),

told as (
    select
        ranked.incident_id,
        ranked.service,
        ranked.deployment_id,
        ranked.opened_at,
        ranked.over_at,
        cast(least(coalesce(causes.finished_at, ranked.opened_at), ranked.opened_at) as bigint)
            - 21600000000 as cause_us,
        cast(ranked.opened_at as bigint) as opened_us,
        cast(coalesce(ranked.over_at, $as_of) as bigint) + 21600000000 as over_us
    from ranked
    left join assessed_deployments as causes
        on ranked.deployment_id = causes.deployment_id
    where ranked.place = 1
),

spans as (
    select
        incident_id,
        service,
        deployment_id,
        opened_at,
        greatest(cause_us, opened_us - 3 * 86400000000) as from_us,
        least(over_us, opened_us + 3 * 86400000000) as until_us
    from told
),

lanes as (
    select
        incident_id,
        service as lane,
        '' as relation,
        0 as lane_rank
    from spans
    union all
    select distinct
        spans.incident_id,
        dependencies.depends_on as lane,
        'it depends on this' as relation,
        1 as lane_rank
    from spans
    inner join dependencies
        on spans.service = dependencies.service
    where dependencies.depends_on <> spans.service
    union all
    select distinct
        spans.incident_id,
        dependencies.service as lane,
        'depends on it' as relation,
        2 as lane_rank
    from spans
    inner join dependencies
        on spans.service = dependencies.depends_on
    where dependencies.service <> spans.service
),

moments as (
    select
        service,
        deployment_id as id,
        cast(null as varchar) as incident_id,
        case when is_undoing or rollback_of is not null then 'rollback' else 'deployment' end as kind,
        finished_at as at,
        arrow_cast(null, 'Timestamp(Microsecond, Some("UTC"))') as until_at,
        coalesce(version, deployment_id) as label,
        rollback_of,
        fixes_incident_id
    from assessed_deployments
    where finished_at is not null
    union all
    select
        service,
        incident_id as id,
        incident_id,
        'incident' as kind,
        opened_at as at,
        over_at as until_at,
        incident_id as label,
        cast(null as varchar) as rollback_of,
        cast(null as varchar) as fixes_incident_id
    from judged_incidents
    where is_counted
    union all
    select
        service,
        ticket_id as id,
        cast(null as varchar) as incident_id,
        'ticket' as kind,
        created_at as at,
        arrow_cast(null, 'Timestamp(Microsecond, Some("UTC"))') as until_at,
        ticket_id as label,
        cast(null as varchar) as rollback_of,
        cast(null as varchar) as fixes_incident_id
    from tickets
)

select
    spans.incident_id,
    spans.opened_at,
    lanes.lane,
    lanes.relation,
    lanes.lane_rank,
    moments.kind,
    moments.at,
    moments.until_at,
    moments.label,
    coalesce(
        moments.incident_id = spans.incident_id
        or moments.id = spans.deployment_id
        or moments.rollback_of = spans.deployment_id
        or moments.fixes_incident_id = spans.incident_id,
        false
    ) as is_own
from spans
inner join lanes
    on spans.incident_id = lanes.incident_id
inner join moments
    on lanes.lane = moments.service
where
    cast(moments.at as bigint) < spans.until_us
    -- An incident that began earlier and lasts is part of the picture.
    and cast(coalesce(moments.until_at, moments.at) as bigint) >= spans.from_us
