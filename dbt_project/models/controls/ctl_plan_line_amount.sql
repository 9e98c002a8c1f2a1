-- FI-17. Scope: instalments due in the month. Zero is an amount; an unknown one is not.
select
    {{ control_case(
        'item.item_key', 'plan_line', 'plan_line.subject_id', 'item.client_id', 'item.client_file_id',
        hold_scope='item', hold_key='item.item_key'
    ) }},
    item.due_date,
    item.amount,
from {{ ref('int_item') }} as item
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('int_plan_line') }} as plan_line
    on item.source_item_key = plan_line.line_key and plan_line.state = 'LIVE'
where item.billing_mode = 'FLAT'
