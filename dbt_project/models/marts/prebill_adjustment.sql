-- What people decided of lines of the month, with their reasons: as it was when a line was validated or settled as
-- excluded, of the draft for the others. Grain: month × adjustment_id × line_key: an override decides of every true-up of
-- its contract.
select
    run_context.month,
    adjustment.line_key,
    adjustment.adjustment_id,
    adjustment.kind,
    adjustment.value,
    adjustment.reason,
    adjustment.author,
    line.client_file_id,
    line.contract_id,
from {{ ref('stg_adjustment') }} as adjustment
inner join {{ ref('aud_line') }} as line
    on adjustment.line_key = line.line_key
cross join {{ ref('stg_run_context') }} as run_context

union all

-- A run without the check of counts and accumulations: who decided it for the true-ups of the contract, and why.
select
    run_context.month,
    line.line_key,
    override.contract_id || '|' || cast(run_context.control_date as {{ text_type() }}) || '|' || override.option,
    override.option,
    cast(null as {{ text_type() }}),
    override.reason,
    override.author,
    line.client_file_id,
    line.contract_id,
from {{ ref('stg_run_override') }} as override
inner join {{ ref('aud_line') }} as line
    on override.contract_id = line.contract_id and line.billing_mode = 'TRUE_UP'
cross join {{ ref('stg_run_context') }} as run_context

union all

select
    adjustment.month,
    adjustment.line_key,
    adjustment.adjustment_id,
    adjustment.kind,
    adjustment.value,
    adjustment.reason,
    adjustment.author,
    adjustment.client_file_id,
    adjustment.contract_id,
from {{ source('ledger', 'adjustment') }} as adjustment
inner join {{ ref('stg_run_context') }} as run_context
    on adjustment.month = run_context.month
