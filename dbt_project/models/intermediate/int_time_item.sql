-- Time entries of the home months in question that are to be billed by the hour. Entries of one mission, collaborator and hourly price
-- share a line_key; an item_key is the entry's own. Grain: item_key.
with entry as (

    select
        *,
        'TIME|' || recorded_mission || '|' || collaborator_id || '|'
        || coalesce(cast(hourly_price as {{ text_type() }}), '') || '|' || home_month as line_key,
    from {{ ref('int_time_entry_capped') }}
    where
        disposition in ('LINE', 'UNKNOWN_MISSION')
        -- All above the cap: no line at all. Rounded down to nothing: a line of nothing, for its evidence.
        and (billable_minutes > 0 or over_budget_minutes = 0)

)

select
    entry.identity,
    entry.line_key || '|' || entry.entry_key as item_key,
    entry.line_key,
    'TIME' as billing_mode,
    entry.client_id,
    entry.client_file_id,
    mission.fy_label,
    entry.recorded_mission as mission_id,
    mission.service_code,
    mission.label,
    {{ month_start('entry.home_month') }} as period_start,
    {{ month_end_of(month_start('entry.home_month')) }} as period_end,
    {{ month_end_of(month_start('entry.home_month')) }} as due_date,
    entry.home_month as origin_month,
    {{ minutes_to_hours('entry.billable_minutes') }} as quantity,
    entry.hourly_price as unit_price,
    cast(null as decimal(9, 4)) as discount_pct,
    {{ minutes_amount('entry.billable_minutes', 'entry.hourly_price') }} as amount,
    entry.billable_minutes as minutes,
    {{ minutes_amount('entry.billable_minutes', 'entry.hourly_price') }} as agreed_amount,
    cast(null as integer) as document_version,
    {{ fingerprint(['entry.source_hash', 'entry.hourly_price']) }} as inputs_hash,
    entry.source_hash,
    'time_entry ' || entry.collaborator_id as source_ref,
    entry.entry_key,
from entry
left join {{ ref('stg_mission') }} as mission
    on entry.known_mission_id = mission.mission_id
