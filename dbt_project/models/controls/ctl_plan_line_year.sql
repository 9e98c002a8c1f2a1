-- FI-06. Scope: instalments of live hand plans, balances left out (they fall due once the year is over).
select
    {{ control_case(
        'plan_line.subject_id', 'plan_line', 'plan_line.subject_id', 'plan_line.client_id', 'plan_line.client_file_id',
        severity="'warning'", amount_at_stake='plan_line.amount'
    ) }},
    plan_line.due_date,
    fiscal_year.start_date as fy_start,
    fiscal_year.end_date as fy_end,
from {{ ref('int_plan_line') }} as plan_line
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('stg_fiscal_year') }} as fiscal_year
    on plan_line.client_file_id = fiscal_year.client_file_id and plan_line.fy_label = fiscal_year.fy_label
where
    plan_line.state = 'LIVE'
    and plan_line.source_table = 'billing_plan_line'
    and not plan_line.is_balance
