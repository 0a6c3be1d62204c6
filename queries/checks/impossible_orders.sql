-- check: impossible_orders
-- title: Every change goes forward in time
-- why: A stage that takes less than no time is left out of its metric; two clocks disagree, or a date is wrong.
-- needs: deployments, changes

with

stages as (
    select
        change_id,
        deployment_id,
        'deployed before the clock starts' as what,
        lead_s as seconds
    from delivered_changes
    union all
    select
        change_id,
        deployment_id,
        'review asked for before the first commit' as what,
        coding_s as seconds
    from delivered_changes
    union all
    select
        change_id,
        deployment_id,
        'merged before review was asked for' as what,
        review_s as seconds
    from delivered_changes
    union all
    -- A commit that was written anew when it was rebased may bear a later time than the merge.
    select
        change_id,
        deployment_id,
        'merged before the first commit' as what,
        (cast(merged_at as bigint) - cast(committed_at as bigint)) / 1000000.0 as seconds
    from delivered_changes
)

select
    change_id,
    deployment_id,
    what,
    seconds
from stages
where seconds < 0
order by change_id, what
