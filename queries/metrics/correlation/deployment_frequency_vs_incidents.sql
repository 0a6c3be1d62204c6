-- metric: deployment_frequency_vs_incidents
-- title: Deployment frequency against incidents
-- question: In weeks in which a team deploys more, or in the weeks after, does it have more incidents?
-- why: "Deploy less" is the usual answer to incidents; this says whether the team's own weeks support it.
-- aggregate: table
-- unit: count
-- better: none
-- events: teams and lags
-- order: team asc, lag_weeks asc
-- chart: none
-- needs: deployments, incidents
-- caveat: Spearman's rank correlation over whole weeks; weeks without either count. Two series that grow together are correlated without one causing the other; q allows for the number of tests.

with

-- An incident belongs to the team that owns its service; where no owner is written down, to who deployed it last.
service_teams as (
    select
        service,
        first_value(team order by finished_at desc nulls last, deployment_id) as team
    from judged_deployments
    where team is not null
    group by service
),

deployed as (
    select
        team,
        finished_at as at,
        1 as deployment_count,
        0 as incident_count
    from judged_deployments
    where is_counted and team is not null and finished_at is not null
),

broken as (
    select
        coalesce(judged_incidents.team, service_teams.team) as team,
        judged_incidents.opened_at as at,
        0 as deployment_count,
        1 as incident_count
    from judged_incidents
    left join service_teams
        on judged_incidents.service = service_teams.service
    where judged_incidents.is_counted
),

events as (
    select *
    from deployed
    union all
    select *
    from broken
    where team is not null
),

logs as (
    select
        min(case when deployment_count = 1 then at end) as deployments_begin_at,
        max(case when deployment_count = 1 then at end) as deployments_end_at,
        min(case when incident_count = 1 then at end) as incidents_begin_at,
        max(case when incident_count = 1 then at end) as incidents_end_at
    from events
),

-- A log that begins or ends within a month of the other is taken to reach as far as it; else time that only one of them
-- knows is left out. The week in which the logs end is not whole, nor is that in which they begin.
observed as (
    select
        period_start(
            case
                when incidents_begin_at > deployments_begin_at + interval '31 days' then incidents_begin_at
                else deployments_begin_at
            end,
            'week'
        ) as first_week,
        period_start(
            least(
                case
                    when incidents_end_at > deployments_end_at + interval '31 days' then deployments_end_at
                    when deployments_end_at > incidents_end_at + interval '31 days' then incidents_end_at
                    else greatest(deployments_end_at, incidents_end_at)
                end,
                $as_of
            ),
            'week'
        ) as last_week
    from logs
),

weekly as (
    select
        team,
        period_start(at, 'week') as week,
        sum(deployment_count) as deployment_count,
        sum(incident_count) as incident_count
    from events
    group by team, period_start(at, 'week')
),

team_beginnings as (
    select
        team,
        min(week) as first_week
    from weekly
    where deployment_count > 0
    group by team
),

-- Whole weeks only: those after the one in which the team first deployed, and before the one in which the logs end.
weeks as (
    select
        team_beginnings.team,
        unnest(
            generate_series(
                greatest(team_beginnings.first_week, observed.first_week) + interval '7 days',
                observed.last_week - interval '7 days',
                interval '7 days'
            )
        ) as week
    from team_beginnings
    cross join observed
),

counted as (
    select
        weeks.team,
        weeks.week,
        coalesce(weekly.deployment_count, 0) as deployment_count,
        coalesce(weekly.incident_count, 0) as incident_count
    from weeks
    left join weekly
        on weeks.team = weekly.team
        and cast(weeks.week as date) = weekly.week
),

lagged as (
    select
        team,
        deployment_count,
        incident_count as incident_count_0,
        lead(incident_count, 1) over (partition by team order by week) as incident_count_1,
        lead(incident_count, 2) over (partition by team order by week) as incident_count_2
    from counted
),

pairs as (
    select
        team,
        0 as lag_weeks,
        deployment_count,
        incident_count_0 as incident_count
    from lagged
    union all
    select
        team,
        1 as lag_weeks,
        deployment_count,
        incident_count_1 as incident_count
    from lagged
    union all
    select
        team,
        2 as lag_weeks,
        deployment_count,
        incident_count_2 as incident_count
    from lagged
),

tested as (
    select
        team,
        lag_weeks,
        count(*) as week_count,
        sum(deployment_count) as deployment_count,
        sum(incident_count) as incident_count,
        spearman(deployment_count, incident_count) as spearman,
        spearman_p(deployment_count, incident_count) as p
    from pairs
    where incident_count is not null
    group by team, lag_weeks
)

select
    *,
    q_value(p) over () as q
from tested
