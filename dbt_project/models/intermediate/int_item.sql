-- Items with their VAT. Without price or VAT rate the amount is unknown. Grain: item_key.
select
    item.*,
    service.unit,
    coalesce(item.billed_vat_code, service.vat_code) as vat_code,
    -- What is taken back is taken back at the rate it was billed.
    coalesce(item.billed_vat_rate, vat.rate) as vat_rate,
    case when coalesce(item.billed_vat_rate, vat.rate) is not null then item.amount end as amount_net,
from {{ ref('int_item_run') }} as item
left join {{ ref('stg_service') }} as service
    on item.service_code = service.service_code
left join {{ ref('int_vat_due') }} as vat
    on service.vat_code = vat.vat_code and item.due_date = vat.due_date
