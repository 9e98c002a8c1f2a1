select
    rule_id,
    period_start,
    period_end,
    included_units,
    amount,
    nullif(trim(invoice_ref), '') as invoice_ref,
    coalesce(below_threshold, false) as is_below_threshold,
    regularised_on,
    _key as source_key,
    _file as source_file,
    _row as source_row,
from {{ source('raw', 'flat_fee_history') }}
