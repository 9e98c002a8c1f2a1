-- Since when a correction that has a day to take effect stands on a field of a rule: what was validated before that day
-- no longer moves the field. Grain: rule_id × field.
select
    correction."key" as rule_id,
    lower(correction."column") as field,
    max(correction.effective_from) as effective_from,
from {{ source('raw', 'correction') }} as correction
cross join {{ ref('stg_run_context') }} as run_context
left join {{ source('raw', 'rejected_row') }} as rejected
    on
        rejected.table_name = 'correction'
        and correction._file = rejected.source_file
        and correction._row = rejected.row_number
where
    lower(correction."table") = 'billing_rule'
    and correction.effective_from <= run_context.control_date
    and rejected.source_file is null
group by correction."key", lower(correction."column")
