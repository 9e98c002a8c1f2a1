select
    client_file_id,
    client_id,
    coalesce(status, 'ACTIVE') as status,
    opened_on,
    closed_on,
    manager_id,
from {{ source('raw', 'client_file') }}
