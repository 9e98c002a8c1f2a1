-- Entries of the home months in question with the minutes they bill and those a cap leaves out.
select
    rated.*,
    case
        when rated.billed_minutes is not null then rated.billed_minutes
        when rated.disposition = 'LINE' then coalesce(budget.billable_minutes, rated.rounded_minutes)
        when rated.disposition = 'UNKNOWN_MISSION' then rated.rounded_minutes
        else 0
    end as billable_minutes,
    case
        when rated.billed_minutes is not null then 0
        when rated.disposition = 'LINE' then rated.rounded_minutes - coalesce(budget.billable_minutes, rated.rounded_minutes)
        else 0
    end as over_budget_minutes,
from {{ ref('int_time_entry_rated') }} as rated
left join {{ ref('int_time_budget') }} as budget
    on rated.entry_key = budget.entry_key
where rated.is_in_question
