-- Readings the run may know of: what is dated after the control date has not been read yet.
-- Grain: quantity_id × reading_date × origin.
select reading.*
from {{ ref('stg_meter_reading') }} as reading
inner join {{ ref('stg_run_context') }} as run_context
    on reading.reading_date <= run_context.control_date
