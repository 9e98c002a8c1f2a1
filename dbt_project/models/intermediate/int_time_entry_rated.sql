-- Entries with their hourly price and the minutes they bill once rounded. Rounded per day, the day's minutes are
-- rounded once: what is added goes to the last entry of the day, what is taken off comes from the last ones; entries
-- already billed come first, with the minutes they were billed.
with entry as (

    select
        *,
        case when disposition in ('LINE', 'UNKNOWN_MISSION') then minutes else 0 end as counted_minutes,
    from {{ ref('int_time_entry') }}

),

day as (

    select
        *,
        sum(counted_minutes) over (partition by recorded_mission, collaborator_id, work_date) as day_minutes,
        sum(coalesce(billed_minutes, counted_minutes)) over (
            partition by recorded_mission, collaborator_id, work_date
            order by case when billed_minutes is not null then 0 else 1 end, entry_key
            rows between unbounded preceding and current row
        ) - coalesce(billed_minutes, counted_minutes) as day_minutes_before,
        row_number() over (
            partition by recorded_mission, collaborator_id, work_date
            order by
                case when counted_minutes > 0 then 0 else 1 end,
                case when billed_minutes is not null then 1 else 0 end,
                entry_key desc
        ) as place_from_last,
    from entry

),

rounded_day as (

    select
        *,
        greatest(
            {{ round_minutes('day_minutes', 'rounding_minutes', 'rounding_mode') }} - day_minutes_before, 0
        ) as day_minutes_left,
    from day

)

select
    day.entry_key,
    day.collaborator_id,
    day.recorded_mission,
    day.known_mission_id,
    day.client_id,
    day.client_file_id,
    day.has_budget,
    day.work_date,
    day.home_month,
    day.is_in_question,
    day.identity,
    day.billed_minutes,
    day.source_hash,
    day.minutes,
    cast(
        case
            when day.billed_minutes is not null then day.billed_minutes
            when day.disposition not in ('LINE', 'UNKNOWN_MISSION') then day.minutes
            when day.rounding_per = 'day' and day.place_from_last = 1 then day.day_minutes_left
            when day.rounding_per = 'day' then least(day.minutes, day.day_minutes_left)
            else {{ round_minutes('day.minutes', 'day.rounding_minutes', 'day.rounding_mode') }}
        end as bigint
    ) as rounded_minutes,
    day.disposition,
    rate.hourly_price,
    rate.rate_key,
    day.source_file,
    day.source_row,
from rounded_day as day
left join {{ ref('int_time_rate') }} as rate
    on
        day.collaborator_id = rate.collaborator_id
        and day.recorded_mission = rate.recorded_mission
        and day.work_date = rate.work_date
