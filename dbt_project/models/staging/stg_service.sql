select
    service_code,
    label,
    unit,
    vat_code,
    coalesce(tier_mode, 'GRADUATED') as tier_mode,
    coalesce(minimum_amount, 0) as minimum_amount,
    coalesce(free_quantity, 0) as free_quantity,
    _file as source_file,
    _row as source_row,
from {{ source('raw', 'service') }}
