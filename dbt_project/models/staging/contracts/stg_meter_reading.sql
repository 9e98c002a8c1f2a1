-- Readings up to the control date, in the order in which they follow one another: on one day the old device ends before
-- the new one begins. Grain: quantity_id × reading_date × origin.
select
    reading.quantity_id,
    reading.reading_date,
    reading.origin,
    reading.value,
    reading.billed_ref,
    case reading.origin when 'REMOVAL' then 1 when 'INSTALLATION' then 2 else 3 end as place_in_day,
    reading._key as source_key,
    reading._file as source_file,
    reading._row as source_row,
from {{ source('raw', 'meter_reading') }} as reading
cross join {{ ref('stg_run_context') }} as run_context
where reading.reading_date <= run_context.control_date
