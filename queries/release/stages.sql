-- release: stages
-- title: Stages
-- needs: stages
-- empty: No stage is on record.

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
)

select
    stages.deployment_id,
    stages.stage,
    stages.kind,
    stages.status,
    stages.started_at,
    (cast(stages.finished_at as bigint) - cast(stages.started_at as bigint)) / 1000000.0 as lasted_s
from lens
inner join stages
    on lens.deployment_id = stages.deployment_id
order by stages.started_at asc nulls last, stages.deployment_id asc, stages.stage asc
