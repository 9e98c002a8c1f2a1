-- What was billed last of each item to each client file, or left out by a person. Only what stands is live: not what was
-- taken back since, nor what a person excluded. Grain: identity × client_file_id.
select *
from {{ ref('stg_ledger_billing') }}
where is_latest
