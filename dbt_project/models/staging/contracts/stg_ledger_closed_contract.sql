-- Months closed by a validation, for a contract or, where it is NULL, for everyone.
select distinct
    month,
    contract_id,
from {{ source('ledger', 'closed') }}
where client_file_id is null
