select
    client_file_id,
    service_code,
    valid_from,
    coalesce(valid_to, {{ end_of_time() }}) as valid_to,
    unit_price,
    discount_pct,
    _key as price_key,
from {{ source('raw', 'client_price') }}
