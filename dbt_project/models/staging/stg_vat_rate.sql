select
    vat_code,
    valid_from,
    coalesce(valid_to, {{ end_of_time() }}) as valid_to,
    rate,
from {{ source('raw', 'vat_rate') }}
