select
    plan_id,
    line_no,
    due_date,
    period_start,
    period_end,
    amount,
    label,
    coalesce(is_balance, false) as is_balance,
    _key as source_key,
    _file as source_file,
    _row as source_row,
from {{ source('raw', 'billing_plan_line') }}
