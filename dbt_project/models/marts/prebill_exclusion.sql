-- What is due in the month and is not a line, each with its reason: settled by a validation, or of the draft.
select
    run_context.month,
    exclusion.source_table,
    exclusion.source_key,
    exclusion.reason_code,
    exclusion.detail,
    cast(exclusion.amount as decimal(18, 2)) as amount,
    exclusion.source_file,
    cast(exclusion.source_row as bigint) as source_row,
    exclusion.client_file_id,
    exclusion.contract_id,
from {{ ref('aud_exclusion') }} as exclusion
cross join {{ ref('stg_run_context') }} as run_context

union all

select
    exclusion.month,
    exclusion.source_table,
    exclusion.source_key,
    exclusion.reason_code,
    exclusion.detail,
    exclusion.amount,
    exclusion.source_file,
    exclusion.source_row,
    exclusion.client_file_id,
    exclusion.contract_id,
from {{ source('ledger', 'exclusion') }} as exclusion
inner join {{ ref('stg_run_context') }} as run_context
    on exclusion.month = run_context.month
