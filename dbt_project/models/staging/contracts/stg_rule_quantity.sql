select
    rule_id,
    quantity_id,
from {{ source('raw', 'rule_quantity') }}
