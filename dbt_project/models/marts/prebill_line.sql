-- The pre-billing: one row per line, all billing modes. Grain: line_key.
with item as (

    select * from {{ ref('aud_item') }}

),

held as (

    select
        item.final_line_key,
        {{ join_distinct('hold.code', ',') }} as held_by,
    from item
    inner join {{ ref('aud_item_hold') }} as hold
        on item.item_key = hold.item_key
    group by item.final_line_key

),

line as (

    -- All items of a line agree on every column but quantity, minutes and amounts.
    select
        final_line_key as line_key,
        min(client_id) as client_id,
        min(client_file_id) as client_file_id,
        min(fy_label) as fy_label,
        min(mission_id) as mission_id,
        min(billing_mode) as billing_mode,
        min(service_code) as service_code,
        min(label) as label,
        min(period_start) as period_start,
        min(period_end) as period_end,
        min(due_date) as due_date,
        min(origin_month) as origin_month,
        sum(quantity) as quantity,
        sum(minutes) as minutes,
        min(unit) as unit,
        min(unit_price) as unit_price,
        min(discount_pct) as discount_pct,
        sum(amount_net) as amount_net,
        min(vat_code) as vat_code,
        min(vat_rate) as vat_rate,
        min(source_ref) as source_ref,
    from item
    group by final_line_key

)

select
    run_context.month,
    line.line_key,
    line.client_id,
    line.client_file_id,
    line.fy_label,
    line.mission_id,
    cast(null as {{ text_type() }}) as contract_id,
    cast(null as {{ text_type() }}) as rule_id,
    line.billing_mode,
    line.service_code,
    line.label,
    line.period_start,
    line.period_end,
    line.due_date,
    line.origin_month,
    cast(
        case when line.minutes is null then line.quantity else {{ minutes_to_hours('line.minutes') }} end
        as decimal(18, 4)
    ) as quantity,
    line.unit,
    cast(line.unit_price as decimal(18, 6)) as unit_price,
    cast(line.discount_pct as decimal(9, 4)) as discount_pct,
    cast(
        case
            when line.vat_rate is null then null
            -- From the minutes of the whole line, rounded once.
            when line.minutes is not null then {{ minutes_amount('line.minutes', 'line.unit_price') }}
            else line.amount_net
        end as decimal(18, 2)
    ) as amount_net,
    line.vat_code,
    cast(line.vat_rate as decimal(9, 4)) as vat_rate,
    case when held.held_by is not null or line.amount_net is null then 'HELD' else 'READY' end as status,
    held.held_by,
    cast(null as {{ text_type() }}) as adjusts_line_key,
    line.source_ref,
from line
cross join {{ ref('stg_run_context') }} as run_context
left join held
    on line.line_key = held.final_line_key
