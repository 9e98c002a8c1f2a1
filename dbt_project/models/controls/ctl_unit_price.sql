-- FI-17. Scope: unit lines of the month, by the service that should have a price.
select
    {{ control_case(
        'item.item_key', 'service', 'item.service_code', 'item.client_id', 'item.client_file_id',
        hold_scope='item', hold_key='item.item_key'
    ) }},
    item.period_start,
    item.unit_price,
from {{ ref('int_item') }} as item
cross join {{ ref('stg_run_context') }} as run_context
where item.billing_mode = 'UNIT' and item.kind <> 'REVERSAL'
