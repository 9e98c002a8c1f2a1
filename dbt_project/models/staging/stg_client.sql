select
    client_id,
    siren,
    vat_number,
    einvoice_address,
    coalesce(status, 'ACTIVE') as status,
from {{ source('raw', 'client') }}
