-- release: aftermath
-- title: Within 1, 24 and 72 hours
-- needs: deployments
-- empty: It has not reached production.

with

lens as (
    select *
    from deployments
    where
        case $lens
            when 'release' then release_id
            when 'version' then version
            else deployment_id
        end = $name
        and ($service = '' or service = $service)
),

arrivals as (
    select
        production_deployments.deployment_id,
        production_deployments.service,
        production_deployments.finished_at,
        undone.undone_at
    from production_deployments
    inner join lens
        on production_deployments.deployment_id = lens.deployment_id
    left join (
        select
            rolled_back as deployment_id,
            min(undone_at) as undone_at
        from rollbacks
        group by rolled_back
    ) as undone
        on production_deployments.deployment_id = undone.deployment_id
    where production_deployments.finished_at is not null
),

spans as (
    select 3600 as span_s
    union all
    select 86400 as span_s
    union all
    select 259200 as span_s
),

-- What happened to the service after any of the deployments, once each, with how soon.
opened as (
    select
        judged_incidents.incident_id,
        min((cast(judged_incidents.opened_at as bigint) - cast(arrivals.finished_at as bigint)) / 1000000.0) as after_s,
        bool_or(judged_incidents.deployment_id = arrivals.deployment_id) as is_attributed
    from arrivals
    inner join judged_incidents
        on arrivals.service = judged_incidents.service
    where
        judged_incidents.is_counted
        and judged_incidents.opened_at >= arrivals.finished_at
    group by judged_incidents.incident_id
),

asked as (
    select
        tickets.ticket_id,
        min((cast(tickets.created_at as bigint) - cast(arrivals.finished_at as bigint)) / 1000000.0) as after_s
    from arrivals
    inner join tickets
        on arrivals.service = tickets.service
    where
        tickets.kind in ('support', 'bug')
        and tickets.created_at >= arrivals.finished_at
    group by tickets.ticket_id
),

undone as (
    select (cast(undone_at as bigint) - cast(finished_at as bigint)) / 1000000.0 as after_s
    from arrivals
    where undone_at is not null
),

ages as (
    select max((cast($as_of as bigint) - cast(finished_at as bigint)) / 1000000.0) as age_s
    from arrivals
),

incident_counts as (
    select
        spans.span_s,
        count(opened.incident_id) as incident_count,
        sum(case when opened.is_attributed then 1 else 0 end) as attributed_incident_count
    from spans
    left join opened
        on opened.after_s <= spans.span_s
    group by spans.span_s
),

ticket_counts as (
    select
        spans.span_s,
        count(asked.ticket_id) as ticket_count
    from spans
    left join asked
        on asked.after_s <= spans.span_s
    group by spans.span_s
),

rollback_counts as (
    select
        spans.span_s,
        count(undone.after_s) as rollback_count
    from spans
    left join undone
        on undone.after_s <= spans.span_s
    group by spans.span_s
)

select
    spans.span_s as within_s,
    incident_counts.incident_count,
    incident_counts.attributed_incident_count,
    ticket_counts.ticket_count,
    rollback_counts.rollback_count,
    -- The time is not over: more may come.
    ages.age_s < spans.span_s as is_still_running
from spans
cross join ages
inner join incident_counts
    on spans.span_s = incident_counts.span_s
inner join ticket_counts
    on spans.span_s = ticket_counts.span_s
inner join rollback_counts
    on spans.span_s = rollback_counts.span_s
where ages.age_s is not null
order by spans.span_s asc
