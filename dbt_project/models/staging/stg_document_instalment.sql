select
    document_id,
    version,
    line_no,
    instalment_no,
    due_date,
    amount,
    coalesce(is_balance, false) as is_balance,
    _file as source_file,
    _row as source_row,
from {{ source('raw', 'document_instalment') }}
