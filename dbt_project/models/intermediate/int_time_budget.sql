-- Running consumption of the missions that have a budget, what is billed first, then the earliest work, and the minutes
-- each entry may still bill under a cap. Grain: entry of a mission with a budget.
with entry as (

    select
        *,
        -- Minutes × price: sixtieths of the currency unit, exact.
        {{ wide_integer('rounded_minutes') }} * {{ decimal_units('hourly_price', 6) }} as price_minutes,
        {{ wide_integer('worked_minutes') }} * {{ decimal_units('hourly_price', 6) }} as price_minutes_worked,
    from (
        select
            rated.entry_key,
            rated.known_mission_id as mission_id,
            rated.work_date,
            rated.rounded_minutes,
            -- What was worked, the part of a billed entry that a cap left out included.
            greatest(rated.rounded_minutes, case when rated.billed_minutes is null then 0 else rated.minutes end)
                as worked_minutes,
            case when rated.billed_minutes is not null then 0 else 1 end as turn,
            coalesce(rated.hourly_price, 0) as hourly_price,
            mission.budget_policy,
            mission.budget_minutes,
            mission.budget_amount,
        from {{ ref('int_time_entry_rated') }} as rated
        inner join {{ ref('stg_mission') }} as mission
            on rated.known_mission_id = mission.mission_id
        -- Time covered by a flat fee consumes the budget of its mission too, though it is never a line.
        where rated.has_budget and rated.disposition in ('LINE', 'COVERED_BY_FLAT')
    )

),

running as (

    select
        *,
        cast(sum(rounded_minutes) over upto as bigint) as minutes_taken,
        cast(sum(worked_minutes) over upto as bigint) as minutes_used,
        {{ wide_integer('sum(price_minutes_worked) over upto') }} as price_minutes_used,
        {{ wide_integer('sum(price_minutes) over upto') }} - price_minutes as price_minutes_before,
    from entry
    window upto as (
        partition by mission_id order by turn, work_date, entry_key
        rows between unbounded preceding and current row
    )

),

room as (

    select
        *,
        case
            when budget_minutes is null then rounded_minutes
            else greatest(budget_minutes - (minutes_taken - rounded_minutes), 0)
        end as minutes_room,
        case
            when budget_amount is null or hourly_price = 0 then rounded_minutes
            else {{ integer_divide(
                'greatest(' ~ decimal_units('budget_amount', 6) ~ ' * 60 - price_minutes_before, 0)',
                decimal_units('hourly_price', 6)
            ) }}
        end as amount_room,
    from running

)

select
    entry_key,
    mission_id,
    minutes_used,
    price_minutes_used,
    cast(
        case
            when budget_policy = 'CAP' then least(rounded_minutes, minutes_room, amount_room)
            else rounded_minutes
        end as bigint
    ) as billable_minutes,
from room
