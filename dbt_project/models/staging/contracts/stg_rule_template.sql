select
    template_id,
    type,
    period_months,
    true_up_months,
    term,
    reading_mode,
    valid_from,
    coalesce(valid_to, {{ end_of_time() }}) as valid_to,
from {{ source('raw', 'rule_template') }}
