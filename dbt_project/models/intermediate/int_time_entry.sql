-- Time entries of the home months in question, and of missions with a budget the others that consume it: earlier ones,
-- and what is billed.
-- `disposition`: LINE (bills by the hour), UNKNOWN_MISSION, or the reason of its exclusion.
with run_context as (

    select * from {{ ref('stg_run_context') }}

),

candidate as (

    -- Of all entries that ever arrived few are in question: texts are made for those alone.
    select
        time_entry.*,
        mission.mission_id as known_mission_id,
        mission.client_id,
        mission.client_file_id,
        mission.mission_code,
        mission.billing_mode,
        mission.budget_policy <> 'NONE' and (mission.budget_minutes is not null or mission.budget_amount is not null)
            as has_budget,
        mission.approval_required,
        mission.rounding_minutes,
        mission.rounding_mode,
        mission.rounding_per,
        home_month.month is not null as is_in_question,
    from {{ ref('stg_time_entry') }} as time_entry
    left join {{ ref('stg_mission') }} as mission
        on time_entry.mission_id = mission.mission_id
    left join {{ ref('int_home_month') }} as home_month
        on {{ first_day_of_month('time_entry.work_date') }} = home_month.month_start

),

entry as (

    select
        *,
        {{ month_key('work_date') }} as home_month,
        'time_entry|' || entry_key as identity,
        {{ fingerprint(
            ['collaborator_id', 'mission_id', 'work_date', 'minutes', 'is_billable', 'is_approved']
        ) }} as source_hash,
    from candidate
    where is_in_question or has_budget

)

select
    entry.entry_key,
    entry.collaborator_id,
    entry.mission_id as recorded_mission,
    entry.known_mission_id,
    entry.client_id,
    entry.client_file_id,
    entry.mission_code,
    entry.has_budget,
    entry.work_date,
    entry.home_month,
    entry.is_in_question,
    entry.identity,
    -- What a validated line billed of the entry as it still reads: never computed again.
    billed.minutes as billed_minutes,
    entry.source_hash,
    entry.minutes,
    coalesce(entry.rounding_minutes, run_context.rounding_minutes) as rounding_minutes,
    coalesce(entry.rounding_mode, run_context.rounding_mode) as rounding_mode,
    coalesce(entry.rounding_per, run_context.rounding_per) as rounding_per,
    case
        when not entry.is_billable then 'NON_BILLABLE'
        when
            not entry.is_approved and coalesce(entry.approval_required, run_context.approval_required)
            then 'NOT_APPROVED'
        when entry.known_mission_id is null then 'UNKNOWN_MISSION'
        when entry.billing_mode <> 'TIME' then 'COVERED_BY_FLAT'
        else 'LINE'
    end as disposition,
    entry.source_file,
    entry.source_row,
from entry
cross join run_context
left join {{ ref('stg_ledger_item') }} as billed
    on
        entry.identity = billed.identity
        and entry.client_file_id is not distinct from billed.client_file_id
        and entry.source_hash = billed.source_hash
        and billed.is_live
where
    entry.is_in_question
    -- A later month may have been validated before this one: what it billed is used up.
    or (entry.has_budget and (entry.work_date <= run_context.month_end or billed.identity is not null))
