select
    document_id,
    version,
    client_file_id,
    fy_label,
    coalesce(effective_from, {{ beginning_of_time() }}) as effective_from,
    coalesce(effective_to, {{ end_of_time() }}) as effective_to,
    total_fee,
    to_confirm,
    _file as source_file,
    _row as source_row,
from {{ source('raw', 'document') }}
