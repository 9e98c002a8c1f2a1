-- The name stays behind: no later relation needs it.
select
    collaborator_id,
    grade,
    coalesce(entry_date, {{ beginning_of_time() }}) as entry_date,
    coalesce(exit_date, {{ end_of_time() }}) as exit_date,
from {{ source('raw', 'collaborator') }}
