-- Corrections laid over the input, with what stood there before. Grain: correction_id.
select
    correction_id,
    table_name,
    row_key,
    column_name,
    old_value,
    new_value,
    reason,
    author,
    effective_from,
from {{ source('raw', 'applied_correction') }}
