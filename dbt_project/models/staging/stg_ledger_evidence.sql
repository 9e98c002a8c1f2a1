-- The input rows behind validated lines. Grain: line_key × source_table × source_key × month.
select distinct
    month,
    line_key,
    source_table,
    source_key,
from {{ source('ledger', 'evidence') }}
