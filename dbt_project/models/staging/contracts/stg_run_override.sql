-- What people decided for one contract at the control date of the run. Grain: contract_id × option.
select
    override.contract_id,
    override.option,
    override.reason,
    override.author,
from {{ source('raw', 'run_override') }} as override
inner join {{ ref('stg_run_context') }} as run_context
    on override.control_date = run_context.control_date
