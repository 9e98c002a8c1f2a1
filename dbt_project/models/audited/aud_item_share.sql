-- Each item's share of its line's final amount, adjustments included: what a later correction takes back. Entries of a
-- line share its rounded amount by running differences of their minutes, so that the shares add up to it.
-- Grain: item_key.
with shared as (

    select
        item.item_key,
        item.minutes,
        cast(sum(item.minutes) over (partition by item.final_line_key) as bigint) as line_minutes,
        cast(
            sum(item.minutes) over (
                partition by item.final_line_key order by item.item_key
                rows between unbounded preceding and current row
            ) as bigint
        ) as minutes_after,
        line.amount_net,
        line.discount_pct,
    from {{ ref('aud_item') }} as item
    inner join {{ ref('aud_line') }} as line
        on item.final_line_key = line.line_key
    where item.kind <> 'REVERSAL'

)

select
    item_key,
    discount_pct,
    cast(
        case
            when minutes is null then amount_net
            when line_minutes = 0 then 0
            else
                {{ prorate('amount_net', 'minutes_after', 'line_minutes') }}
                - {{ prorate('amount_net', 'minutes_after - minutes', 'line_minutes') }}
        end as decimal(18, 2)
    ) as amount,
from shared
