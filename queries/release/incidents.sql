-- release: incidents
-- title: Incidents
-- needs: incidents
-- empty: No incident is attributed to it, and none opened on its services within 72 hours.

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
        deployment_id,
        service,
        finished_at
    from lens
    where is_production and finished_at is not null
),

-- Every link with its rule, also one that did not win.
linked as (
    select
        attributions.incident_id,
        attributions.deployment_id,
        attributions.rule,
        attributions.evidence,
        attributions.score,
        attributions.is_primary,
        row_number() over (
            partition by attributions.incident_id
            order by attributions.rank asc, attributions.deployment_id asc
        ) as place
    from attributions
    inner join arrivals
        on attributions.deployment_id = arrivals.deployment_id
),

near as (
    select
        judged_incidents.incident_id,
        min((cast(judged_incidents.opened_at as bigint) - cast(arrivals.finished_at as bigint)) / 1000000.0) as after_s
    from arrivals
    inner join judged_incidents
        on arrivals.service = judged_incidents.service
    where judged_incidents.opened_at >= arrivals.finished_at
    group by judged_incidents.incident_id
)

select
    judged_incidents.incident_id,
    judged_incidents.service,
    judged_incidents.severity,
    judged_incidents.title,
    judged_incidents.opened_at,
    near.after_s,
    judged_incidents.lasted_s,
    judged_incidents.is_open,
    coalesce(linked.is_primary, false) as is_attributed,
    linked.rule,
    linked.evidence,
    linked.score as score_ratio,
    case when not coalesce(linked.is_primary, false) then judged_incidents.deployment_id end as attributed_elsewhere
from judged_incidents
left join linked
    on judged_incidents.incident_id = linked.incident_id and linked.place = 1
left join near
    on judged_incidents.incident_id = near.incident_id
where linked.incident_id is not null or near.after_s <= 259200
order by judged_incidents.opened_at asc, judged_incidents.incident_id asc
