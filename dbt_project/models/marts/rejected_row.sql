{{ config(materialized='table') }}
-- Input rows and letters that could not be taken in, with the place and the reason. Not by month: what the inbox holds.
select
    source_file,
    sheet,
    cast(row_number as bigint) as row_number,
    table_name,
    column_name,
    value,
    reason,
from {{ source('raw', 'rejected_row') }}

union all

select
    refusal.source_file,
    refusal.source_place,
    cast(refusal.source_row as bigint),
    'document',
    refusal.column_name,
    refusal.value,
    refusal.document_id || ' v' || refusal.version || ': '
    || case when run_context.language = 'en' then text.reason_en else text.reason_fr end
    || coalesce(' (' || refusal.fact || ')', ''),
from {{ ref('int_document_refusal') }} as refusal
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('stg_fault_text') }} as text
    on refusal.fault = text.fault

union all

select
    adjustment.source_file,
    null,
    cast(adjustment.source_row as bigint),
    'adjustment',
    'value',
    adjustment.value,
    adjustment.kind || ': ' || case when run_context.language = 'en' then text.reason_en else text.reason_fr end,
from {{ ref('stg_adjustment') }} as adjustment
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('stg_fault_text') }} as text
    on text.fault = 'UNREADABLE_ADJUSTMENT'
where
    adjustment.kind <> 'EXCLUDE'
    and adjustment.discount_pct is null
    and adjustment.set_amount is null
    and adjustment.postponed_to is null
