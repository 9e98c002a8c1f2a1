-- Readings of the counters that active rules bill, each with what came before it, estimates apart: which device it is of,
-- and what it has run. Grain: quantity_id × reading_date × origin.
with reading as (

    select reading.*
    from {{ ref('int_meter_reading') }} as reading
    where
        reading.origin <> 'ESTIMATE'
        and exists (
            select 1
            from {{ ref('int_contract_counter') }} as counter
            where counter.technical_id = reading.quantity_id and counter.is_cumulative
        )

),

placed as (

    select
        *,
        row_number() over (partition by quantity_id order by reading_date, place_in_day, origin) as position,
    from reading

)

select
    quantity_id,
    quantity_id || '|' || cast(reading_date as {{ text_type() }}) as reading_key,
    reading_date,
    origin,
    value,
    position,
    lag(value) over places as previous_value,
    lag(origin) over places as previous_origin,
    lag(reading_date) over places as previous_date,
    count(case when origin = 'INSTALLATION' then 1 end) over before as installations,
    count(case when origin = 'INSTALLATION' then 1 end) over (partition by quantity_id) as installations_ever,
    coalesce(max(case when origin = 'REMOVAL' then position end) over before, 0)
    > coalesce(max(case when origin = 'INSTALLATION' then position end) over before, 0) as is_after_removal,
from placed
window
    places as (partition by quantity_id order by position),
    before as (partition by quantity_id order by position rows between unbounded preceding and 1 preceding)
