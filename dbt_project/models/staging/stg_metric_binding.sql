select
    mission_id,
    metric_code,
    service_code,
    method,
    sirets,
    coalesce(lag_months, 0) as lag_months,
    coalesce(auto, true) as is_auto,
    _key as source_key,
    _file as source_file,
    _row as source_row,
from {{ source('raw', 'metric_binding') }}
