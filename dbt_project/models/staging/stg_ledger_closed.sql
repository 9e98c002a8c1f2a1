-- Months closed by a validation, for a client file or, where it is NULL, for everyone.
select distinct
    month,
    client_file_id,
from {{ source('ledger', 'closed') }}
where contract_id is null
