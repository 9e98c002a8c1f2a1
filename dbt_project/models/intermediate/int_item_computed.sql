-- The one line model of all billing modes, before VAT: every item of the home months in question as the input now reads,
-- billed or not. An item is the atom that can be held, or later corrected, by itself. Grain: identity.
{% set columns = [
    'identity', 'item_key', 'line_key', 'billing_mode', 'client_id', 'client_file_id', 'fy_label', 'mission_id',
    'service_code', 'label', 'period_start', 'period_end', 'due_date', 'origin_month', 'quantity', 'unit_price',
    'discount_pct', 'amount', 'minutes', 'agreed_amount', 'document_version', 'inputs_hash', 'source_hash', 'source_ref',
] %}
{% for item in ['int_flat_item', 'int_unit_item', 'int_time_item', 'int_adhoc_item'] %}
select
    {{ columns | join(',\n    ') }},
from {{ ref(item) }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
