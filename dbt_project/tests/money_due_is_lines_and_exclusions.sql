-- In euros and minutes: instalments due = flat lines + instalments excluded; minutes of the month once rounded =
-- minutes on lines + minutes excluded.
with run_context as (

    select * from {{ ref('stg_run_context') }}

),

measured as (

    select
        'instalments' as measure,
        (
            select coalesce(sum(plan_line.amount), 0)
            from {{ ref('int_plan_line') }} as plan_line
            where
                plan_line.home_month = run_context.month
                and (
                    plan_line.state = 'LIVE'
                    or (
                        plan_line.state = 'SUPERSEDED'
                        and (run_context.first_month is null or run_context.month >= run_context.first_month)
                    )
                )
        ) as due,
        (
            select coalesce(sum(evidence.amount), 0)
            from {{ ref('prebill_evidence') }} as evidence
            where
                evidence.month = run_context.month
                and evidence.source_table in ('billing_plan_line', 'document')
        ) as on_lines,
        (
            select coalesce(sum(exclusion.amount), 0)
            from {{ ref('prebill_exclusion') }} as exclusion
            inner join {{ ref('int_plan_line') }} as plan_line
                on
                    exclusion.source_table = plan_line.source_table
                    and exclusion.source_key = plan_line.source_key
                    and exclusion.source_file = plan_line.source_file
                    and exclusion.source_row = plan_line.source_row
            where exclusion.month = run_context.month and plan_line.home_month = run_context.month
        ) as excluded,
    from run_context

    union all

    select
        'minutes',
        (
            select coalesce(sum(entry.rounded_minutes), 0)
            from {{ ref('int_time_entry_capped') }} as entry
            where run_context.first_month is null or entry.home_month >= run_context.first_month
        ),
        (
            select coalesce(sum(evidence.minutes), 0)
            from {{ ref('prebill_evidence') }} as evidence
            where evidence.month = run_context.month
        ),
        (
            select coalesce(sum(case
                when entry.disposition in ('LINE', 'UNKNOWN_MISSION') then entry.over_budget_minutes
                else entry.rounded_minutes
            end), 0)
            from {{ ref('prebill_exclusion') }} as exclusion
            inner join {{ ref('int_time_entry_capped') }} as entry
                on
                    exclusion.source_key = entry.entry_key
                    and exclusion.source_file = entry.source_file
                    and exclusion.source_row = entry.source_row
            where
                exclusion.month = run_context.month
                and exclusion.source_table = 'time_entry'
                and exclusion.reason_code <> 'BEFORE_START'
        ),
    from run_context

)

select *
from measured
where due <> on_lines + excluded
