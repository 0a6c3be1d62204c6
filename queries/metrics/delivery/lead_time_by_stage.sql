-- metric: lead_time_by_stage
-- title: Lead time by stage
-- question: Where does the time of a change go on its way to production?
-- why: The longest stage is the one worth shortening.
-- aggregate: mean(stage_s)
-- by: stage
-- levels: coding, review, waiting for release
-- at: deployed_at
-- unit: seconds
-- better: lower
-- events: changes delivered
-- chart: waterfall
-- needs: deployments, changes.committed_at, changes.opened_at, changes.merged_at
-- caveat: Means, because the means of stages add up to that of the whole and medians do not; a few very long changes weigh much in them. Only changes whose every stage is known: coding until review is asked for, review until the merge, waiting until production.

with

complete as (
    select
        change_id,
        deployment_id,
        service,
        team,
        deployed_at,
        coding_s,
        review_s,
        waiting_s,
        unnest(make_array('coding', 'review', 'waiting for release')) as stage
    from delivered_changes
    where coding_s >= 0 and review_s >= 0 and waiting_s >= 0
)

select
    change_id,
    deployment_id,
    service,
    team,
    deployed_at,
    stage,
    case stage
        when 'coding' then coding_s
        when 'review' then review_s
        else waiting_s
    end as stage_s
from complete
