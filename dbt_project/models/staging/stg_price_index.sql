select
    index_code,
    series,
    month,
    value,
    -- A publication date nobody gave: two months after the index's month.
    coalesce(published_on, {{ add_months(month_start('month'), 2) }}) as published_on,
    _key as index_key,
from {{ source('raw', 'price_index') }}
