-- metric: release_quality_score
-- title: Release quality score
-- question: How good were the releases, all in all?
-- why: One number to see at a glance, with its parts beside it, so that nobody has to trust it.
-- aggregate: mean(quality_score)
-- at: finished_at
-- unit: ratio
-- better: higher
-- events: deployments
-- chart: ribbon
-- needs: deployments, failures
-- settles: attribution.window
-- caveat: The plain mean of the parts that are known, each from 0 to 1: not rolled back; the worst incident attributed to it (none 1, sev5 0.8, then down to sev1 0, unknown severity 0.4); satisfaction in the tickets that name its version. The parts and their equal weights are a judgement; look at them, not only at the score.

with

answers as (
    select
        service,
        version,
        avg(satisfaction) as satisfaction_part,
        count(*) as ticket_count
    from tickets
    where version is not null and satisfaction between 0 and 1
    group by service, version
),

parts as (
    select
        judged_deployments.deployment_id,
        judged_deployments.service,
        judged_deployments.team,
        judged_deployments.version,
        judged_deployments.change_type,
        judged_deployments.finished_at,
        case when judged_deployments.is_rolled_back then 0.0 else 1.0 end as rollback_part,
        case
            when judged_deployments.incident_count = 0 then 1.0
            else coalesce((judged_deployments.worst_severity_rank - 1) / 5.0, 0.4)
        end as incident_part,
        answers.satisfaction_part,
        coalesce(answers.ticket_count, 0) as ticket_count
    from judged_deployments
    left join answers
        on judged_deployments.service = answers.service
        and judged_deployments.version = answers.version
    where judged_deployments.is_counted
)

select
    *,
    (rollback_part + incident_part + coalesce(satisfaction_part, 0))
    / (2 + case when satisfaction_part is null then 0 else 1 end) as quality_score
from parts
