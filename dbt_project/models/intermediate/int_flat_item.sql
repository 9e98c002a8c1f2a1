-- Instalments of the home months in question. Grain: item_key.
select
    plan_line.line_key as identity,
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
    plan_line.agreed_amount,
    plan_line.document_version,
    plan_line.inputs_hash,
    cast(null as {{ text_type() }}) as source_hash,
    plan_line.source_table || ' ' || plan_line.source_key as source_ref,
from {{ ref('int_plan_line') }} as plan_line
inner join {{ ref('int_home_month') }} as home_month
    on plan_line.home_month = home_month.month
where plan_line.state = 'LIVE'
