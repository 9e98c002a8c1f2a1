-- The draft of the month: items grouped into lines, people's adjustments applied. Grain: line_key.
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
        min(contract_id) as contract_id,
        min(rule_id) as rule_id,
        max(case when is_waiting then 1 else 0 end) as is_waiting,
        min(kind) as kind,
        min(billing_mode) as billing_mode,
        min(service_code) as service_code,
        min(label) as label,
        min(period_start) as period_start,
        min(period_end) as period_end,
        min(due_date) as due_date,
        min(origin_month) as origin_month,
        sum(quantity) as quantity,
        cast(sum(minutes) as bigint) as minutes,
        min(unit) as unit,
        min(unit_price) as unit_price,
        min(discount_pct) as discount_pct,
        sum(amount_net) as amount_net,
        min(vat_code) as vat_code,
        min(vat_rate) as vat_rate,
        min(adjusts_line_key) as adjusts_line_key,
        min(source_ref) as source_ref,
    from item
    group by final_line_key

),

computed as (

    select
        line.*,
        cast(
            case
                when line.vat_rate is null then null
                -- What is taken back is what was billed, to the cent.
                when line.kind = 'REVERSAL' then line.amount_net
                -- From the minutes of the whole line, rounded once.
                when line.minutes is not null then {{ minutes_amount('line.minutes', 'line.unit_price') }}
                else line.amount_net
            end as decimal(18, 2)
        ) as computed_amount,
        held.held_by,
    from line
    left join held
        on line.line_key = held.final_line_key

),

adjusted as (

    select
        computed.*,
        adjustment.discount_pct as adjusted_discount,
        coalesce(
            adjustment.excluded_as,
            case when computed.is_waiting = 1 and computed.held_by is null then 'BELOW_THRESHOLD' end
        ) as excluded_as,
        case
            -- An amount that cannot be known is not a person's to settle here: its cause is.
            when computed.computed_amount is null then null
            when adjustment.set_amount is not null then adjustment.set_amount
            when adjustment.discount_pct is not null and computed.minutes is not null
                then {{ minutes_amount('computed.minutes', 'computed.unit_price', 'adjustment.discount_pct') }}
            when adjustment.discount_pct is not null
                then {{ line_amount('computed.quantity', 'computed.unit_price', 'adjustment.discount_pct') }}
            else computed.computed_amount
        end as final_amount,
    from computed
    left join {{ ref('aud_adjustment') }} as adjustment
        on computed.line_key = adjustment.line_key

)

select
    line_key,
    client_id,
    client_file_id,
    fy_label,
    mission_id,
    contract_id,
    rule_id,
    billing_mode,
    service_code,
    label,
    period_start,
    period_end,
    due_date,
    origin_month,
    cast(
        case when minutes is null then quantity else {{ minutes_to_hours('minutes') }} end as decimal(18, 4)
    ) as quantity,
    unit,
    cast(unit_price as decimal(18, 6)) as unit_price,
    cast(coalesce(adjusted_discount, discount_pct) as decimal(9, 4)) as discount_pct,
    computed_amount,
    cast(final_amount as decimal(18, 2)) as amount_net,
    vat_code,
    cast(vat_rate as decimal(9, 4)) as vat_rate,
    case when held_by is not null or computed_amount is null then 'HELD' else 'READY' end as status,
    held_by,
    adjusts_line_key,
    source_ref,
    excluded_as,
from adjusted
