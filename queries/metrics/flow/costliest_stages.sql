-- metric: costliest_stages
-- title: Stages by time spent
-- question: Which stage of the pipeline costs the most time?
-- why: Making any other stage faster would hardly be felt.
-- aggregate: table
-- unit: count
-- better: none
-- events: stages
-- order: total_s desc, stage asc
-- chart: none
-- needs: stages.started_at, stages.finished_at
-- looks_back: period
-- caveat: Stages that finished in the period, whether they succeeded or not. Stages that run side by side both count; shares are of all stage time.

with

durations as (
    select
        stage,
        kind,
        (cast(finished_at as bigint) - cast(started_at as bigint)) / 1000000.0 as duration_s
    from stages
    where finished_at >= started_at and finished_at >= $from_at and finished_at < $until_at
),

summed as (
    select
        stage,
        max(kind) as kind,
        count(*) as stage_count,
        order_statistics(duration_s) as numbers,
        sum(duration_s) as total_s
    from durations
    group by stage
)

select
    stage,
    kind,
    stage_count,
    numbers[2] as median_s,
    numbers[4] as p90_s,
    total_s,
    total_s / nullif(sum(total_s) over (), 0) as total_ratio
from summed
