-- What is due in the month and is not a line, each with its reason.
select
    run_context.month,
    exclusion.source_table,
    exclusion.source_key,
    exclusion.reason_code,
    exclusion.detail,
    cast(exclusion.amount as decimal(18, 2)) as amount,
    exclusion.source_file,
    cast(exclusion.source_row as bigint) as source_row,
from {{ ref('int_exclusion') }} as exclusion
cross join {{ ref('stg_run_context') }} as run_context
