-- FI-12. Scope: bindings whose payroll month comes due in the month being run, with the metrics found for them.
select
    {{ control_case(
        'binding.binding_key', 'mission', 'binding.mission_id', 'binding.client_id', 'binding.client_file_id'
    ) }},
    binding.metric_code,
    binding.metric_month,
    binding.declared_metrics,
from {{ ref('int_binding_due') }} as binding
cross join {{ ref('stg_run_context') }} as run_context
