-- check: changes_without_first_commit
-- title: Every change tells its first commit
-- why: Otherwise coding time is unknown, and lead time begins when review was asked for. Where no source tells any, the report says so instead.
-- needs: changes.committed_at

select
    source,
    repository,
    count(*) as change_count,
    count(*) filter (where committed_at is null) as unknown_count
from changes
-- From the opening or the merge on, lead time asks for no first commit.
where $lead_time_start not in ('opened', 'merged')
group by source, repository
having count(*) filter (where committed_at is null) > 0
order by source, repository
