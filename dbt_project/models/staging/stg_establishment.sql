select
    siret,
    client_file_id,
    coalesce(active_from, {{ beginning_of_time() }}) as active_from,
    coalesce(active_to, {{ end_of_time() }}) as active_to,
from {{ source('raw', 'establishment') }}
