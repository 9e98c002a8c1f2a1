-- FI-10. Scope: billable, approved entries of the month on known missions.
select
    {{ control_case(
        'entry.entry_key', 'time_entry', 'entry.entry_key', 'entry.client_id', 'entry.client_file_id',
        amount_at_stake='item.amount', hold_scope='item', hold_key='item.item_key'
    ) }},
    mission.vintage_status,
    mission.fy_label,
from {{ ref('int_time_entry_run') }} as entry
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('stg_mission') }} as mission
    on entry.known_mission_id = mission.mission_id
left join {{ ref('int_item') }} as item
    on entry.identity = item.identity and item.kind <> 'REVERSAL'
where entry.disposition in ('LINE', 'COVERED_BY_FLAT')
