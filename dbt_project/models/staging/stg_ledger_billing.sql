-- Each time an item of a client file was billed, first or as it was replaced, or left out by a person (EXCLUDED). What was billed is live
-- until a validated line takes it back; a credit that waits leaves an older one live beside the latest.
-- Grain: identity × seq × kind.
with billing as (

    select
        *,
        -- The number names the deltas of an item: REV takes back what was billed with it, NEW comes after it.
        count(case when kind <> 'EXCLUDED' then 1 end) over (
            partition by identity order by seq
            rows between unbounded preceding and current row
        ) as billing_no,
        row_number() over (
            partition by identity, client_file_id order by seq desc, case kind when 'EXCLUDED' then 1 else 0 end
        ) = 1 as is_latest,
    from {{ source('ledger', 'item') }}
    where kind <> 'REVERSAL' and rule_id is null

)

select
    billing.*,
    reversal.line_key as taken_back_by,
    billing.kind <> 'EXCLUDED' and reversal.line_key is null as is_live,
from billing
left join {{ source('ledger', 'item') }} as reversal
    on
        reversal.kind = 'REVERSAL'
        and billing.identity = reversal.identity
        and 'DELTA|' || billing.identity || '|' || billing.billing_no || '|REV' = reversal.line_key
