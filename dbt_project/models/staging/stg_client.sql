select
    client_id,
    siren,
    vat_number,
    einvoice_address,
    coalesce(no_estimate, false) as refuses_estimates,
    migrated_at,
    last_saved_at,
    coalesce(status, 'ACTIVE') as status,
from {{ source('raw', 'client') }}
