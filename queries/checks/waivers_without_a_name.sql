-- check: waivers_without_a_name
-- title: Every waived check says who waived it
-- why: A waiver that nobody signed is a check that was switched off.

select
    deployment_id,
    "check",
    kind,
    source_row
from checks
where outcome = 'waived' and coalesce(trim(waived_by), '') = ''
order by deployment_id, "check"
