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

)

select
    quantity_id,
    quantity_id || '|' || cast(reading_date as {{ text_type() }}) as reading_key,
    reading_date,
    origin,
    value,
    lag(value) over places as previous_value,
    lag(origin) over places as previous_origin,
    lag(reading_date) over places as previous_date,
    count(case when origin = 'INSTALLATION' then 1 end) over places as installations,
    count(case when origin = 'REMOVAL' then 1 end) over places as removals,
    count(case when origin = 'INSTALLATION' then 1 end) over (partition by quantity_id) as installations_ever,
    row_number() over places as position,
from reading
window places as (
    partition by quantity_id order by reading_date, place_in_day, origin
    rows between unbounded preceding and current row
)
