-- release: checks
-- title: Checks
-- needs: checks
-- empty: No check is on record.

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
    checks.deployment_id,
    checks.check,
    checks.kind,
    checks.outcome,
    checks.value,
    checks.threshold,
    checks.waived_by
from lens
inner join checks
    on lens.deployment_id = checks.deployment_id
order by
    case checks.outcome
        when 'failed' then 1
        when 'waived' then 2
        else 3
    end asc,
    checks.deployment_id asc,
    checks.check asc
