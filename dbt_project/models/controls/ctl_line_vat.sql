-- FI-22. Scope: lines of the month whose service is known.
select
    {{ control_case(
        'item.line_key', 'service', 'min(item.service_code)', 'min(item.client_id)', 'min(item.client_file_id)',
        amount_at_stake='sum(item.amount)', hold_scope='line', hold_key='item.line_key'
    ) }},
    min(item.vat_code) as vat_code,
    min(item.due_date) as due_date,
    min(item.vat_rate) as vat_rate,
from {{ ref('int_item') }} as item
cross join {{ ref('stg_run_context') }} as run_context
where item.service_code is not null and item.kind <> 'REVERSAL'
group by item.line_key, run_context.month, run_context.control_date
