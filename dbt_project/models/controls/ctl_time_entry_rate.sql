-- FI-08. Scope: entries of the month that bill by the hour.
select
    {{ control_case(
        'entry.entry_key', 'time_entry', 'entry.entry_key', 'entry.client_id', 'entry.client_file_id',
        hold_scope='item', hold_key='item.item_key'
    ) }},
    entry.hourly_price,
    entry.collaborator_id,
    entry.work_date,
from {{ ref('int_time_entry_capped') }} as entry
cross join {{ ref('stg_run_context') }} as run_context
left join {{ ref('int_time_item') }} as item
    on entry.entry_key = item.entry_key
where entry.disposition = 'LINE'
