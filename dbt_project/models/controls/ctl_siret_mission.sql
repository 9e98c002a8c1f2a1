-- FI-13. Scope: establishments with payroll activity in the month, with the bindings that count them.
with active as (

    select
        metric.siret,
        max(metric.quantity) as quantity,
    from {{ ref('stg_payroll_metric') }} as metric
    inner join {{ ref('stg_run_context') }} as run_context
        on metric.month = run_context.month
    where metric.quantity > 0
    group by metric.siret

),

bound as (

    select
        binding.siret,
        count(distinct binding.binding_key) as bindings,
    from {{ ref('int_binding_siret') }} as binding
    cross join {{ ref('stg_run_context') }} as run_context
    where
        binding.mission_status = 'OPEN'
        and binding.start_date <= run_context.month_end
        and binding.covers_until >= run_context.month_start
    group by binding.siret

)

select
    {{ control_case(
        'active.siret', 'siret', 'active.siret', 'client_file.client_id', 'establishment.client_file_id',
        severity="'warning'"
    ) }},
    active.quantity,
    coalesce(bound.bindings, 0) as bindings,
from active
cross join {{ ref('stg_run_context') }} as run_context
left join bound
    on active.siret = bound.siret
left join {{ ref('stg_establishment') }} as establishment
    on active.siret = establishment.siret
left join {{ ref('stg_client_file') }} as client_file
    on establishment.client_file_id = client_file.client_file_id
