-- Lines already billed out of one group of time entries: what comes late needs a key of its own. Grain: group_key.
select
    group_key,
    count(distinct line_key) as lines,
from {{ source('ledger', 'item') }}
where
    billing_mode = 'TIME'
    and kind = 'ORIGINAL'
    and (line_key = group_key or {{ begins_with("line_key", "group_key || '|+'") }})
group by group_key
