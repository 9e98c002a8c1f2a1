-- In euros and minutes, for what the run decides: instalments due = flat lines + instalments excluded; minutes once
-- rounded = minutes on lines + minutes excluded.
with run_context as (

    select * from {{ ref('stg_run_context') }}

),

planned as (

    select plan_line.*
    from {{ ref('int_plan_line') }} as plan_line
    cross join run_context
    inner join {{ ref('int_file_window') }} as file_window
        on plan_line.client_file_id = file_window.client_file_id
    left join {{ ref('stg_ledger_item') }} as billed
        on plan_line.line_key = billed.identity
    left join {{ ref('stg_adjustment') }} as adjustment
        on billed.line_key = adjustment.line_key and adjustment.kind = 'EXCLUDE'
    where
        plan_line.state = 'LIVE'
        and file_window.is_open
        and plan_line.home_month >= file_window.first_home_month
        and plan_line.home_month <= run_context.month
        -- What a person excluded is settled as long as the person says so.
        and (billed.identity is null or (billed.kind = 'EXCLUDED' and adjustment.line_key is null))

),

draft_part as (

    -- New lines only: what reverses or replaces a validated one was due once already.
    select evidence.*
    from {{ ref('aud_evidence') }} as evidence
    inner join {{ ref('aud_line') }} as line
        on evidence.line_key = line.line_key
    where line.adjusts_line_key is null and evidence.source_table <> 'adjustment'

),

revised_entry as (

    select distinct entry_key
    from {{ ref('int_time_entry_run') }} as entry
    inner join {{ ref('stg_ledger_item') }} as billed
        on entry.identity = billed.identity and billed.kind <> 'EXCLUDED'

),

told_over_budget as (

    -- The part of a held entry that is over the cap was told by the month since closed.
    select distinct source_key
    from {{ source('ledger', 'exclusion') }}
    where source_table = 'time_entry' and reason_code = 'OVER_BUDGET'

),

measured as (

    select
        'instalments' as measure,
        (select coalesce(sum(amount), 0) from planned) as due,
        (
            select coalesce(sum(amount), 0) from draft_part
            where source_table in ('billing_plan_line', 'document')
        ) as on_lines,
        (
            select coalesce(sum(exclusion.amount), 0)
            from {{ ref('int_exclusion') }} as exclusion
            inner join planned
                on exclusion.source_table = planned.source_table and exclusion.source_key = planned.source_key
        ) as excluded,

    union all

    select
        'minutes',
        (
            select coalesce(sum(case
                when told.source_key is null then entry.rounded_minutes
                else entry.rounded_minutes - entry.over_budget_minutes
            end), 0)
            from {{ ref('int_time_entry_run') }} as entry
            cross join run_context
            left join told_over_budget as told
                on entry.entry_key = told.source_key
            left join revised_entry
                on entry.entry_key = revised_entry.entry_key
            where
                revised_entry.entry_key is null
                and (run_context.first_month is null or entry.home_month >= run_context.first_month)
        ),
        (select coalesce(sum(minutes), 0) from draft_part),
        (
            select coalesce(sum(case
                when exclusion.reason_code = 'OVER_BUDGET' then entry.over_budget_minutes
                else entry.rounded_minutes
            end), 0)
            from {{ ref('int_exclusion') }} as exclusion
            inner join {{ ref('int_time_entry_run') }} as entry
                on exclusion.source_key = entry.entry_key
            left join revised_entry
                on entry.entry_key = revised_entry.entry_key
            where
                exclusion.source_table = 'time_entry'
                and exclusion.reason_code <> 'BEFORE_START'
                and revised_entry.entry_key is null
        ),

)

select *
from measured
where due <> on_lines + excluded
