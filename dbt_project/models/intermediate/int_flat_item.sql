-- Instalments due in the month. Grain: item_key.
select
    plan_line.line_key as item_key,
    plan_line.line_key,
    'FLAT' as billing_mode,
    plan_line.client_id,
    plan_line.client_file_id,
    plan_line.fy_label,
    plan_line.mission_id,
    plan_line.service_code,
    plan_line.label,
    plan_line.period_start,
    plan_line.period_end,
    plan_line.due_date,
    plan_line.home_month as origin_month,
    cast(1 as decimal(18, 4)) as quantity,
    cast(plan_line.amount as decimal(18, 6)) as unit_price,
    cast(null as decimal(9, 4)) as discount_pct,
    plan_line.amount as amount,
    cast(null as bigint) as minutes,
    plan_line.source_table || ' ' || plan_line.source_key as source_ref,
from {{ ref('int_plan_line') }} as plan_line
inner join {{ ref('stg_run_context') }} as run_context
    on plan_line.home_month = run_context.month
where plan_line.state = 'LIVE'
