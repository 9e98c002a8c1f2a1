select
    asset_id,
    contract_id,
    serial_no,
    installed_on,
    removed_on,
from {{ source('raw', 'asset') }}
