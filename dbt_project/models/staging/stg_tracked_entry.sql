select
    _key as entry_key,
    tool,
    client,
    project,
    task,
from {{ source('raw', 'tracked_entry') }}
