-- FI-10. Scope: billable, approved entries of the month on missions that state a last day for entries.
select
    {{ control_case(
        'entry.entry_key', 'time_entry', 'entry.entry_key', 'entry.client_id', 'entry.client_file_id',
        amount_at_stake='item.amount', hold_scope='item', hold_key='item.item_key'
    ) }},
    mission.last_time_entry_date,
    entry.work_date,
from {{ ref('int_time_entry_run') }} as entry
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('stg_mission') }} as mission
    on entry.known_mission_id = mission.mission_id
left join {{ ref('int_item') }} as item
    on entry.identity = item.identity and item.kind <> 'REVERSAL'
where
    entry.disposition in ('LINE', 'COVERED_BY_FLAT')
    and mission.last_time_entry_date is not null
