select
    quantity.quantity_id,
    quantity.asset_id,
    asset.contract_id,
    quantity.predefined_code,
    quantity.kind,
    coalesce(quantity.cumulative, true) as is_cumulative,
    nullif(trim(quantity.formula), '') as formula,
    quantity.created_on,
    coalesce(quantity.retired_on, {{ end_of_time() }}) as retired_on,
from {{ source('raw', 'quantity') }} as quantity
inner join {{ ref('stg_asset') }} as asset
    on quantity.asset_id = asset.asset_id
