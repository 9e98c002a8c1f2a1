-- FI-20. Scope: billable, approved entries of the month by known collaborators.
select
    {{ control_case(
        'entry.entry_key', 'time_entry', 'entry.entry_key', 'entry.client_id', 'entry.client_file_id',
        amount_at_stake='item.amount', hold_scope='item', hold_key='item.item_key'
    ) }},
    entry.work_date,
    collaborator.entry_date,
    collaborator.exit_date,
from {{ ref('int_time_entry_run') }} as entry
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('stg_collaborator') }} as collaborator
    on entry.collaborator_id = collaborator.collaborator_id
left join {{ ref('int_item') }} as item
    on entry.identity = item.identity and item.kind <> 'REVERSAL'
where entry.disposition in ('LINE', 'UNKNOWN_MISSION', 'COVERED_BY_FLAT')
