-- Corrections proposed for the open anomalies of the month. Grain: month × code × subject_id × table_name × row_key ×
-- column_name.
select
    run_context.month,
    proposal.code,
    proposal.subject_id,
    proposal.contract_id,
    proposal.table_name,
    proposal.row_key,
    proposal.column_name,
    proposal.new_value,
    proposal.effective_from,
from {{ ref('aud_proposal') }} as proposal
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('int_contract_window') }} as contract_window
    on proposal.contract_id = contract_window.contract_id
where contract_window.is_open
