-- The input rows behind each line. Parts take their share of the line's rounded amount and quantity by running
-- differences, so that they add up to the line exactly. Grain: line_key × source row.
with part as (

    select
        item.final_line_key as line_key,
        item.unit_price,
        item.discount_pct,
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

)

select
    run_context.month,
    part.line_key,
    part.source_table,
    part.source_key,
    part.source_file,
    cast(part.source_row as bigint) as source_row,
    cast(
        case
            when part.minutes is null then part.quantity
            else
                {{ minutes_to_hours('part.minutes_after') }}
                - {{ minutes_to_hours('part.minutes_after - part.minutes') }}
        end as decimal(18, 4)
    ) as quantity,
    cast(part.unit_price as decimal(18, 6)) as unit_price,
    cast(
        case
            when part.minutes is null
                then
                    {{ line_amount('part.quantity_after', 'part.unit_price', 'part.discount_pct') }}
                    - {{ line_amount('part.quantity_after - part.quantity', 'part.unit_price', 'part.discount_pct') }}
            else
                {{ minutes_amount('part.minutes_after', 'part.unit_price') }}
                - {{ minutes_amount('part.minutes_after - part.minutes', 'part.unit_price') }}
        end as decimal(18, 2)
    ) as amount,
    part.minutes,
    part.price_table,
    part.price_key,
    part.is_manual,
from part
cross join {{ ref('stg_run_context') }} as run_context
