select
    index_code,
    from_series,
    to_series,
    coefficient,
from {{ source('raw', 'index_link') }}
