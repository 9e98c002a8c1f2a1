select
    code,
    subject_id,
    valid_from,
    coalesce(valid_to, {{ end_of_time() }}) as valid_to,
from {{ source('raw', 'waiver') }}
