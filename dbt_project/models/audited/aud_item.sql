-- Items with the line they end in. An item held by itself leaves the line it would have joined. Grain: item_key.
with alone as (

    select distinct item_key
    from {{ ref('aud_item_hold') }}
    where hold_scope = 'item'

)

select
    item.*,
    case when alone.item_key is not null then item.item_key else item.line_key end as final_line_key,
from {{ ref('int_item') }} as item
left join alone
    on item.item_key = alone.item_key
