select
    service_code,
    valid_from,
    coalesce(valid_to, {{ end_of_time() }}) as valid_to,
    up_to,
    unit_price,
    _key as price_key,
from {{ source('raw', 'price') }}
