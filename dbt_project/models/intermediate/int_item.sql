-- Items with their VAT. Without price or VAT rate the amount is unknown. Grain: item_key.
select
    item.*,
    service.unit,
    service.vat_code,
    vat.rate as vat_rate,
    case when vat.rate is not null then item.amount end as amount_net,
from {{ ref('int_item_net') }} as item
left join {{ ref('stg_service') }} as service
    on item.service_code = service.service_code
left join {{ ref('int_vat_due') }} as vat
    on service.vat_code = vat.vat_code and item.due_date = vat.due_date
