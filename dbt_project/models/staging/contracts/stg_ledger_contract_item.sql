-- What validations settled of contracts, and at which control date: billed, left out by a person, or recorded below the
-- contract's threshold and perhaps billed since. Grain: identity.
with ranked as (

    select
        item.*,
        link.control_date,
        row_number() over (partition by item.identity order by item.seq) as settling_no,
        max(case when item.kind <> 'WAITING' then 1 else 0 end) over (partition by item.identity) as invoices,
    from {{ source('ledger', 'item') }} as item
    inner join {{ source('ledger', 'link') }} as link
        on item.seq = link.seq
    where item.rule_id is not null

)

select
    identity,
    line_key,
    billing_mode,
    client_id,
    contract_id,
    rule_id,
    service_code,
    label,
    period_start,
    period_end,
    due_date,
    origin_month,
    quantity,
    unit_price,
    amount,
    included_units,
    offered_units,
    is_rebased,
    source_ref,
    month,
    control_date,
    seq,
    invoices = 1 as has_invoice,
from ranked
where settling_no = 1
