-- FI-08. Scope: entries that bill by the hour. Of a collaborator nobody knows, no rate can be known: FI-20 is the cause.
select
    {{ control_case(
        'entry.entry_key', 'time_entry', 'entry.entry_key', 'entry.client_id', 'entry.client_file_id',
        hold_scope='item', hold_key='item.item_key',
        cause_code="case when collaborator.collaborator_id is null then 'FI-20' end"
    ) }},
    entry.hourly_price,
    entry.collaborator_id,
    entry.work_date,
from {{ ref('int_time_entry_run') }} as entry
cross join {{ ref('stg_run_context') }} as run_context
left join {{ ref('stg_collaborator') }} as collaborator
    on entry.collaborator_id = collaborator.collaborator_id
left join {{ ref('int_item') }} as item
    on entry.identity = item.identity and item.kind <> 'REVERSAL'
where entry.disposition = 'LINE'
