-- release: names
-- title: Names that deployments bear
-- needs: deployments
-- empty: No deployment bears such a name.

select distinct
    case $lens
        when 'release' then release_id
        when 'version' then version
        when 'service' then service
        else deployment_id
    end as name
from deployments
where $service = '' or service = $service
order by name asc
