-- FI-02. Scope: billable, approved entries of the month. A project no map names leaves the tool's own names as mission,
-- told with the row of project_map that is missing.
select
    {{ control_case(
        'entry.entry_key', 'time_entry', 'entry.entry_key', 'entry.client_id', 'entry.client_file_id',
        amount_at_stake='item.amount', hold_scope='item', hold_key='item.item_key'
    ) }},
    entry.known_mission_id,
    case
        when entry.known_mission_id is null and entry.recorded_mission like tracked.tool || ': %'
            then
                entry.recorded_mission || ' → project_map: ' || tracked.tool
                || ';' || {{ csv_cell('tracked.client') }}
                || ';' || {{ csv_cell('tracked.project') }}
                || ';' || {{ csv_cell('tracked.task') }}
                || ';?'
        else entry.recorded_mission
    end as recorded_mission,
from {{ ref('int_time_entry_run') }} as entry
cross join {{ ref('stg_run_context') }} as run_context
left join {{ ref('stg_tracked_entry') }} as tracked
    on entry.entry_key = tracked.entry_key
left join {{ ref('int_item') }} as item
    on entry.identity = item.identity and item.kind <> 'REVERSAL'
where entry.disposition in ('LINE', 'UNKNOWN_MISSION', 'COVERED_BY_FLAT')
