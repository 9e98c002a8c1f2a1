-- FI-14. Scope: declarations that bill units this month.
select
    {{ control_case(
        "declaration.binding_key || '|' || declaration.siret || '|' || declaration.metric_month",
        'siret', 'declaration.siret', 'declaration.client_id', 'declaration.client_file_id',
        severity="'warning'"
    ) }},
    declaration.metric_month,
    case when declaration.is_final then 'FINAL' else 'PROVISIONAL' end as finality,
from {{ ref('int_unit_declaration') }} as declaration
cross join {{ ref('stg_run_context') }} as run_context
where declaration.source_key is not null
