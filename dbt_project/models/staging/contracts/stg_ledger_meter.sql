-- How far each counter is billed: what the last validation that read it left. Grain: rule_id × quantity_id.
with ranked as (

    select
        meter.*,
        row_number() over (
            partition by meter.rule_id, meter.quantity_id order by meter.seq desc, meter.read_until desc
        ) as recency,
    from {{ source('ledger', 'meter') }} as meter

)

select
    line_key,
    rule_id,
    quantity_id,
    closing_date,
    closing_origin,
    closing_value,
from ranked
where recency = 1
