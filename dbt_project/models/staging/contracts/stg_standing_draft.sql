-- Months that stand as a draft, for each contract they are not closed for. Grain: contract_id × month.
select
    contract.contract_id,
    draft.month,
    draft.control_date,
from {{ source('raw', 'standing_draft') }} as draft
cross join {{ ref('stg_service_contract') }} as contract
left join {{ ref('stg_ledger_closed_contract') }} as closed
    on
        draft.month = closed.month
        and (closed.contract_id is null or contract.contract_id = closed.contract_id)
where closed.month is null
