select
    collaborator_id,
    grade,
    client_file_id,
    mission_code,
    valid_from,
    coalesce(valid_to, {{ end_of_time() }}) as valid_to,
    hourly_price,
    _key as rate_key,
from {{ source('raw', 'selling_rate') }}
