-- The pre-billing: what is validated, as it was frozen, and the draft of what is not. Grain: line_key.
select
    run_context.month,
    line.line_key,
    line.client_id,
    line.client_file_id,
    line.fy_label,
    line.mission_id,
    line.contract_id,
    line.rule_id,
    line.billing_mode,
    line.service_code,
    line.label,
    line.period_start,
    line.period_end,
    line.due_date,
    line.origin_month,
    line.quantity,
    line.unit,
    line.unit_price,
    line.discount_pct,
    line.amount_net,
    line.vat_code,
    line.vat_rate,
    line.status,
    line.held_by,
    line.adjusts_line_key,
    line.source_ref,
from {{ ref('aud_line') }} as line
cross join {{ ref('stg_run_context') }} as run_context
where line.excluded_as is null

union all

select
    line.month,
    line.line_key,
    line.client_id,
    line.client_file_id,
    line.fy_label,
    line.mission_id,
    line.contract_id,
    line.rule_id,
    line.billing_mode,
    line.service_code,
    line.label,
    line.period_start,
    line.period_end,
    line.due_date,
    line.origin_month,
    line.quantity,
    line.unit,
    line.unit_price,
    line.discount_pct,
    line.amount_net,
    line.vat_code,
    line.vat_rate,
    case when exported.line_key is not null then 'EXPORTED' else 'VALIDATED' end,
    cast(null as {{ text_type() }}),
    line.adjusts_line_key,
    line.source_ref,
from {{ source('ledger', 'line') }} as line
inner join {{ ref('stg_run_context') }} as run_context
    on line.month = run_context.month
left join {{ source('ledger', 'exported') }} as exported
    on line.line_key = exported.line_key
