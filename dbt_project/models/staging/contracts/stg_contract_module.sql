-- Modules, each as far as it and those that renew it go. Grain: module_id.
select
    module.module_id,
    module.contract_id,
    module.label,
    module.valid_from,
    coalesce(module.valid_to, {{ end_of_time() }}) as valid_to,
    coalesce(module.renewal, 'EXPRESS') as renewal,
    module.renewed_by_module_id,
    cover.covers_until,
from {{ source('raw', 'contract_module') }} as module
inner join (
    select
        module_id,
        max(covers_until) as covers_until,
    from {{ ref('stg_module_cover') }}
    group by module_id
) as cover
    on module.module_id = cover.module_id
