-- The input rows behind each line of the draft. Parts take their share of the line's rounded amount and quantity by
-- running differences, and an adjustment is a part of its own, so that they add up to the line exactly.
-- Grain: line_key × source row.
with part as (

    select
        item.final_line_key as line_key,
        item.unit_price,
        item.discount_pct,
        item.kind as item_kind,
        item.amount as item_amount,
        source.*,
        {{ wide_integer('sum(source.minutes) over parts') }} as minutes_after,
        cast(sum(source.quantity) over parts as decimal(18, 4)) as quantity_after,
    from {{ ref('int_item_source') }} as source
    inner join {{ ref('aud_item') }} as item
        on source.item_key = item.item_key
    window parts as (
        partition by item.final_line_key
        order by source.source_table, source.source_key, source.source_file, source.source_row
        rows between unbounded preceding and current row
    )

),

input_part as (

    select
        line_key,
        source_table,
        source_key,
        source_file,
        source_row,
        case
            when minutes is null then quantity
            else {{ minutes_to_hours('minutes_after') }} - {{ minutes_to_hours('minutes_after - minutes') }}
        end as quantity,
        unit_price,
        case
            -- What a reversal takes back is what was billed.
            when item_kind = 'REVERSAL' then item_amount
            when minutes is null
                then
                    {{ line_amount('quantity_after', 'unit_price', 'discount_pct') }}
                    - {{ line_amount('quantity_after - quantity', 'unit_price', 'discount_pct') }}
            else
                {{ minutes_amount('minutes_after', 'unit_price') }}
                - {{ minutes_amount('minutes_after - minutes', 'unit_price') }}
        end as amount,
        minutes,
        price_table,
        price_key,
        is_manual,
    from part

),

adjusted_part as (

    select
        line.line_key,
        'adjustment' as source_table,
        adjustment.source_key,
        adjustment.source_file,
        adjustment.source_row,
        cast(0 as decimal(18, 4)) as quantity,
        line.unit_price,
        line.amount_net - line.computed_amount as amount,
        cast(null as bigint) as minutes,
        cast(null as {{ text_type() }}) as price_table,
        cast(null as {{ text_type() }}) as price_key,
        true as is_manual,
    from {{ ref('aud_line') }} as line
    inner join (
        select
            *,
            row_number() over (partition by line_key order by adjustment_id desc) as recency,
        from {{ ref('stg_adjustment') }}
        where coalesce(discount_pct, set_amount) is not null
    ) as adjustment
        on line.line_key = adjustment.line_key
    where adjustment.recency = 1 and line.amount_net <> line.computed_amount

)

select * from input_part
union all
select * from adjusted_part
