select
    adhoc_id,
    client_file_id,
    mission_id,
    service_code,
    service_date,
    quantity,
    unit_price,
    label,
    _key as source_key,
    _file as source_file,
    _row as source_row,
from {{ source('raw', 'adhoc_service') }}
