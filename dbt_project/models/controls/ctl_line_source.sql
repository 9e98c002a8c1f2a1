-- FI-18. Scope: items billed by a validated line whose input no longer reads as it did, against what it would bill today.
-- A change of nothing but the code that reads it is none.
with billed as (

    select * from {{ ref('stg_ledger_billing') }} where is_live

)

select
    {{ control_case(
        "billed.identity || '|' || billed.billing_no", 'line', 'billed.line_key', 'billed.client_id', 'billed.client_file_id',
        severity="'warning'", hold_key='billed.identity',
        amount_at_stake='abs(coalesce(computed.amount, 0) - billed.computed_amount)'
    ) }},
    {{ fingerprint([
        'billed.client_file_id', 'billed.mission_id', 'billed.service_code', 'billed.due_date', 'billed.quantity',
        'billed.minutes', 'billed.unit_price', 'billed.computed_amount',
    ]) }} as billed_as,
    {{ fingerprint([
        'computed.client_file_id', 'computed.mission_id', 'computed.service_code', 'computed.due_date',
        'computed.quantity', 'computed.minutes', 'computed.unit_price', 'computed.amount',
    ]) }} as would_bill,
    billed.quantity as billed_quantity,
    billed.unit_price as billed_price,
    cast(coalesce(computed.quantity, 0) as decimal(18, 4)) as current_quantity,
    coalesce(computed.unit_price, billed.unit_price) as current_price,
from billed
cross join {{ ref('stg_run_context') }} as run_context
left join {{ ref('int_item_computed') }} as computed
    on
        billed.identity = computed.identity
        and billed.client_file_id = computed.client_file_id
        and billed.is_latest
left join {{ ref('int_item_kept') }} as kept
    on billed.identity = kept.identity and billed.is_latest
where
    kept.identity is null
    and coalesce(computed.document_version, 0) <= coalesce(billed.document_version, 0)
    and billed.month < run_context.month
    and computed.inputs_hash is distinct from billed.inputs_hash
