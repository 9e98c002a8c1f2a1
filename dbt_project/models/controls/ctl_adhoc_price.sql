-- FI-16. Scope: parts of ad-hoc services billed this month.
select
    {{ control_case(
        'item.item_key', 'adhoc', 'adhoc.adhoc_id', 'item.client_id', 'item.client_file_id',
        hold_scope='item', hold_key='item.item_key'
    ) }},
    item.service_code,
    item.unit_price,
from {{ ref('int_item') }} as item
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('int_adhoc_item') }} as adhoc
    on item.source_item_key = adhoc.item_key
