-- view: release_times
-- about: What each local hour of the week is called as a time of release; weekdays from 1, Monday, to 7.

with

weekdays as (
    select unnest(generate_series(1, 7)) as local_weekday
),

hours as (
    select unnest(generate_series(0, 23)) as local_hour
)

select
    weekdays.local_weekday,
    hours.local_hour,
    case
        when weekdays.local_weekday >= 6 then 'weekend'
        when hours.local_hour >= 16 and hours.local_hour < 22 and weekdays.local_weekday = 5 then 'Friday evening'
        when hours.local_hour >= 16 and hours.local_hour < 22 then 'evening'
        when hours.local_hour >= 7 and hours.local_hour < 16 then 'working hours'
        else 'night'
    end as release_time
from weekdays
cross join hours
