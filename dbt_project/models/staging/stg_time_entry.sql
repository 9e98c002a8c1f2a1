select
    _key as entry_key,
    collaborator_id,
    mission_id,
    work_date,
    minutes,
    coalesce(billable, true) as is_billable,
    coalesce(approved, true) as is_approved,
    _file as source_file,
    _row as source_row,
from {{ source('raw', 'time_entry') }}
