-- Exclusions that a validation settled. Grain: source_table × source_key × reason_code × month.
select distinct
    month,
    source_table,
    source_key,
    reason_code,
from {{ source('ledger', 'exclusion') }}
