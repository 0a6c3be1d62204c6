-- check: production_left_out
-- title: Every environment that sounds like production is counted as production
-- why: Deployments to an environment that the definitions do not name are in no number.
-- needs: deployments

select
    environment,
    count(*) as deployment_count,
    min(finished_at) as first_at,
    max(finished_at) as last_at
from deployments
where
    not is_production
    -- A word of its own, or the beginning of one: prod-eu, eu-production, live2; not pre-prod, non-production.
    and regexp_like(lower(environment), '(^|[^a-z])(prod|prd|live)')
    and not regexp_like(lower(environment), '(pre|non|not|no|sub)[^a-z]?(prod|prd|live)')
group by environment
order by environment
