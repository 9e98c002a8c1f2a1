-- The latest state of each item ever billed, or excluded by a person. Only what is billed is live: a credited or an
-- excluded one is not. Grain: identity.
with ranked as (

    select
        *,
        row_number() over (
            partition by identity order by seq desc, case kind when 'REVERSAL' then 0 else 1 end desc
        ) as recency,
        count(*) over (partition by identity) as states,
    from {{ source('ledger', 'item') }}

)

select
    *,
    kind in ('ORIGINAL', 'REPLACEMENT') as is_live,
from ranked
where recency = 1
