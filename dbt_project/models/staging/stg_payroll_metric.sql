select
    siret || '|' || month || '|' || metric_code || '|' || coalesce(method, '') as source_key,
    siret,
    month,
    metric_code,
    method,
    quantity,
    coalesce(final, true) as is_final,
    coalesce(manual, true) as is_manual,
    coalesce(complete, true) as is_complete,
    _file as source_file,
    _row as source_row,
from {{ source('raw', 'payroll_metric') }}
