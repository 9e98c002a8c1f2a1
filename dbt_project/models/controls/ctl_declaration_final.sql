-- FI-14. Scope: declarations that bill units in the run.
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
inner join (
    select distinct
        mission_id,
        service_code,
        period_start,
    from {{ ref('int_item') }}
    where billing_mode = 'UNIT' and kind <> 'REVERSAL'
) as item
    on
        declaration.mission_id = item.mission_id
        and declaration.service_code = item.service_code
        and declaration.metric_month_start = item.period_start
where declaration.source_key is not null
