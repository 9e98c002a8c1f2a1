select
    plan_id,
    client_file_id,
    fy_label,
    mission_id,
    total_amount,
    coalesce(status, 'ACTIVE') as status,
from {{ source('raw', 'billing_plan') }}
