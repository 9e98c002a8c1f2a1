-- The one line model of all billing modes, before VAT: what the month could bill, one row per item. An item is the atom
-- that can be held by itself; items of one line_key make one line. Grain: item_key.
{% set columns = [
    'item_key', 'line_key', 'billing_mode', 'client_id', 'client_file_id', 'fy_label', 'mission_id', 'service_code',
    'label', 'period_start', 'period_end', 'due_date', 'origin_month', 'quantity', 'unit_price', 'discount_pct',
    'amount', 'minutes', 'source_ref',
] %}
with unioned as (

    {% for item in ['int_flat_item', 'int_unit_item', 'int_time_item', 'int_adhoc_item'] %}
    select {{ columns | join(', ') }} from {{ ref(item) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

-- What came due before prefact took over is an exclusion, not an item.
select unioned.*
from unioned
cross join {{ ref('stg_run_context') }} as run_context
where run_context.first_month is null or unioned.origin_month >= run_context.first_month
