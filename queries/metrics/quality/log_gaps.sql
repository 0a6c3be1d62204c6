-- metric: log_gaps
-- title: Silences of the deployment log
-- question: Where did the log fall silent for much longer than is usual for it?
-- why: A hole in an export looks like a quiet team.
-- aggregate: table
-- at: resumed_at
-- unit: count
-- better: none
-- events: silences
-- order: resumed_at asc, log asc
-- chart: none
-- needs: deployments
-- caveat: Between two deployments to production of a service, or of all together. Listed are silences of more than a week that are longer than four times the interval which nine of ten intervals before and after do not reach; logs of fewer than eleven deployments have no rhythm. A freeze or holiday that covers a part is named: it may be the reason. The silence since the last deployment is not listed, see stale_deployment_log.

with

marks as (
    select
        service as log,
        finished_at
    from deployments
    where is_production and finished_at is not null
    union all
    select
        'all services' as log,
        finished_at
    from deployments
    where is_production and finished_at is not null
),

intervals as (
    select
        log,
        lag(finished_at) over (partition by log order by finished_at) as silent_from_at,
        finished_at as resumed_at,
        (
            cast(finished_at as bigint) - cast(lag(finished_at) over (partition by log order by finished_at) as bigint)
        ) / 1000000.0 as silence_s
    from marks
),

rhythms as (
    select
        log,
        percentile_cont(0.9) within group (order by silence_s) as usual_s
    from intervals
    where silence_s is not null
    group by log
    having count(*) >= 10
),

silences as (
    select
        intervals.log,
        intervals.silent_from_at,
        intervals.resumed_at,
        intervals.silence_s,
        rhythms.usual_s
    from intervals
    inner join rhythms
        on intervals.log = rhythms.log
    where intervals.silence_s > 604800 and intervals.silence_s > 4 * rhythms.usual_s
),

-- Few silences and few windows: these may be held against each other.
reasons as (
    select
        silences.log,
        silences.resumed_at,
        string_agg(distinct coalesce(windows.name, windows.window_id), ', ' order by coalesce(windows.name, windows.window_id)) as window_names
    from silences
    inner join windows
        on silences.silent_from_at < windows.ends_at and silences.resumed_at > windows.starts_at
    where
        windows.kind in ('freeze', 'fiscal_close', 'holiday')
        and matches_scope(
            windows.scope, nullif(silences.log, 'all services'), cast(null as text), 'production', cast(null as text)
        )
    group by silences.log, silences.resumed_at
)

select
    silences.log,
    silences.silent_from_at,
    silences.resumed_at,
    silences.silence_s,
    silences.usual_s,
    reasons.window_names
from silences
left join reasons
    on silences.log = reasons.log and silences.resumed_at = reasons.resumed_at
