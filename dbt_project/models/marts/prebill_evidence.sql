-- The input rows behind each line: as frozen for validated ones, of the draft for the others. Grain: line × source row.
select
    run_context.month,
    evidence.line_key,
    evidence.source_table,
    evidence.source_key,
    evidence.source_file,
    cast(evidence.source_row as bigint) as source_row,
    cast(evidence.quantity as decimal(18, 4)) as quantity,
    cast(evidence.unit_price as decimal(18, 6)) as unit_price,
    cast(evidence.amount as decimal(18, 2)) as amount,
    cast(evidence.minutes as bigint) as minutes,
    evidence.price_table,
    evidence.price_key,
    evidence.is_manual,
from {{ ref('aud_evidence') }} as evidence
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('aud_line') }} as line
    on evidence.line_key = line.line_key
where line.excluded_as is null

union all

select
    evidence.month,
    evidence.line_key,
    evidence.source_table,
    evidence.source_key,
    evidence.source_file,
    evidence.source_row,
    evidence.quantity,
    evidence.unit_price,
    evidence.amount,
    evidence.minutes,
    evidence.price_table,
    evidence.price_key,
    evidence.is_manual,
from {{ source('ledger', 'evidence') }} as evidence
inner join {{ ref('stg_run_context') }} as run_context
    on evidence.month = run_context.month
