select
    rule_id,
    lower(field) as field,
    effective_from,
    old_value,
    new_value,
from {{ source('raw', 'rule_change') }}
