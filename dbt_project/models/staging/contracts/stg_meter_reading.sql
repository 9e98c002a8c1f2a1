-- Readings, in the order in which they follow one another: on one day the old device ends before the new one begins.
-- Grain: quantity_id × reading_date × origin.
select
    quantity_id,
    reading_date,
    origin,
    value,
    billed_ref,
    case origin when 'REMOVAL' then 1 when 'INSTALLATION' then 2 else 3 end as place_in_day,
    _key as source_key,
    _file as source_file,
    _row as source_row,
from {{ source('raw', 'meter_reading') }}
