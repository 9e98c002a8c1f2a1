select
    client_file_id,
    fy_label,
    start_date,
    end_date,
    coalesce(status, 'OPEN') as status,
from {{ source('raw', 'fiscal_year') }}
