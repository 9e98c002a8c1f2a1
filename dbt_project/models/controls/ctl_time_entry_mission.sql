-- FI-02. Scope: billable, approved entries of the month. A project no map names leaves the tool's own name as mission.
select
    {{ control_case(
        'entry.entry_key', 'time_entry', 'entry.entry_key', 'entry.client_id', 'entry.client_file_id',
        amount_at_stake='item.amount', hold_scope='item', hold_key='item.item_key'
    ) }},
    entry.known_mission_id,
    entry.recorded_mission,
from {{ ref('int_time_entry_run') }} as entry
cross join {{ ref('stg_run_context') }} as run_context
left join {{ ref('int_item') }} as item
    on entry.identity = item.identity and item.kind <> 'REVERSAL'
where entry.disposition in ('LINE', 'UNKNOWN_MISSION', 'COVERED_BY_FLAT')
