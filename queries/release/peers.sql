-- release: peers
-- title: Against the last 50 of the same service
-- needs: deployments
-- empty: No earlier deployment of its services is known to compare it with.

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

-- The deployment of each service that came last under this name speaks for it.
subjects as (
    select
        assessed_deployments.deployment_id,
        assessed_deployments.service,
        assessed_deployments.finished_at,
        row_number() over (
            partition by assessed_deployments.service
            order by assessed_deployments.finished_at desc nulls last, assessed_deployments.deployment_id desc
        ) as place
    from assessed_deployments
    inner join lens
        on assessed_deployments.deployment_id = lens.deployment_id
    where assessed_deployments.finished_at is not null
),

earlier as (
    select
        subjects.deployment_id as subject_id,
        assessed_deployments.deployment_id,
        row_number() over (
            partition by subjects.deployment_id
            order by assessed_deployments.finished_at desc, assessed_deployments.deployment_id desc
        ) as place
    from subjects
    inner join assessed_deployments
        on subjects.service = assessed_deployments.service
    where
        subjects.place = 1
        and assessed_deployments.finished_at < subjects.finished_at
        and assessed_deployments.status in ('succeeded', 'rolled_back')
),

compared as (
    select
        subject_id,
        deployment_id,
        false as is_subject
    from earlier
    where place <= 50
    union all
    select
        deployment_id as subject_id,
        deployment_id,
        true as is_subject
    from subjects
    where place = 1
),

batches as (
    select
        delivered_changes.deployment_id,
        count(*) as change_count,
        -- As change_lead_time has it: a deployment before the clock starts is a wrong clock.
        median(case when delivered_changes.lead_s >= 0 then delivered_changes.lead_s end) as lead_s
    from delivered_changes
    inner join compared
        on delivered_changes.deployment_id = compared.deployment_id
    group by delivered_changes.deployment_id
),

facts as (
    select
        compared.subject_id,
        compared.is_subject,
        assessed_deployments.service,
        assessed_deployments.duration_s,
        assessed_deployments.lines_changed,
        -- Nothing delivered is a size; without any delivery in the log it is not known.
        case
            when (select count(*) from deliveries) > 0 then coalesce(batches.change_count, 0)
        end as change_count,
        batches.lead_s
    from compared
    inner join assessed_deployments
        on compared.deployment_id = assessed_deployments.deployment_id
    left join batches
        on compared.deployment_id = batches.deployment_id
),

-- One measure a row, each with its unit.
measured as (
    select subject_id, service, is_subject, 1 as place, 'Duration' as measure, 'seconds' as unit, duration_s as value
    from facts
    union all
    select subject_id, service, is_subject, 2, 'Changes in it', 'count', cast(change_count as double)
    from facts
    union all
    select subject_id, service, is_subject, 3, 'Lines changed', 'count', cast(lines_changed as double)
    from facts
    union all
    select subject_id, service, is_subject, 4, 'Lead time of its changes, median', 'seconds', cast(lead_s as double)
    from facts
),

own as (
    select *
    from measured
    where is_subject and value is not null
),

peers as (
    select *
    from measured
    where not is_subject and value is not null
)

select
    own.service,
    own.measure,
    own.unit,
    own.value,
    median(peers.value) as usual,
    -- The share of its peers that it exceeds; those that equal it count half.
    avg(
        case
            when peers.value < own.value then 1.0
            when peers.value = own.value then 0.5
            else 0.0
        end
    ) as exceeds_ratio,
    count(*) as peer_count
from own
inner join peers
    on own.subject_id = peers.subject_id
    and own.place = peers.place
group by own.service, own.place, own.measure, own.unit, own.value
order by own.service asc, own.place asc
