-- Time entries of the home months in question, and of missions with a budget the others that consume it: earlier ones,
-- and what is billed.
-- `disposition`: LINE (bills by the hour), UNKNOWN_MISSION, or the reason of its exclusion.
with run_context as (

    select * from {{ ref('stg_run_context') }}

),

entry as (

    select
        *,
        {{ month_key('work_date') }} as home_month,
        {{ fingerprint(
            ['collaborator_id', 'mission_id', 'work_date', 'minutes', 'is_billable', 'is_approved']
        ) }} as source_hash,
    from {{ ref('stg_time_entry') }}

),

mission as (

    select
        *,
        budget_policy <> 'NONE' and (budget_minutes is not null or budget_amount is not null) as has_budget,
    from {{ ref('stg_mission') }}

)

select
    entry.entry_key,
    entry.collaborator_id,
    entry.mission_id as recorded_mission,
    mission.mission_id as known_mission_id,
    mission.client_id,
    mission.client_file_id,
    mission.mission_code,
    mission.has_budget,
    entry.work_date,
    entry.home_month,
    home_month.month is not null as is_in_question,
    'time_entry|' || entry.entry_key as identity,
    -- What a validated line billed of the entry as it still reads: never computed again.
    billed.minutes as billed_minutes,
    entry.source_hash,
    entry.minutes,
    coalesce(mission.rounding_minutes, run_context.rounding_minutes) as rounding_minutes,
    coalesce(mission.rounding_mode, run_context.rounding_mode) as rounding_mode,
    coalesce(mission.rounding_per, run_context.rounding_per) as rounding_per,
    case
        when not entry.is_billable then 'NON_BILLABLE'
        when
            not entry.is_approved and coalesce(mission.approval_required, run_context.approval_required)
            then 'NOT_APPROVED'
        when mission.mission_id is null then 'UNKNOWN_MISSION'
        when mission.billing_mode <> 'TIME' then 'COVERED_BY_FLAT'
        else 'LINE'
    end as disposition,
    entry.source_file,
    entry.source_row,
from entry
cross join run_context
left join mission
    on entry.mission_id = mission.mission_id
left join {{ ref('int_home_month') }} as home_month
    on entry.home_month = home_month.month
left join {{ ref('stg_ledger_item') }} as billed
    on
        'time_entry|' || entry.entry_key = billed.identity
        and mission.client_file_id is not distinct from billed.client_file_id
        and entry.source_hash = billed.source_hash
        and billed.is_live
where
    home_month.month is not null
    -- A later month may have been validated before this one: what it billed is used up.
    or (mission.has_budget and (entry.work_date <= run_context.month_end or billed.identity is not null))
