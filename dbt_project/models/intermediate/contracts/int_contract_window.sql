-- Whether the month being run is open for each contract. Grain: contract_id.
select
    contract.contract_id,
    not exists (
        select 1
        from {{ ref('stg_ledger_closed_contract') }} as closed
        where
            closed.month = run_context.month
            and (closed.contract_id is null or closed.contract_id = contract.contract_id)
    ) as is_open,
from {{ ref('stg_service_contract') }} as contract
cross join {{ ref('stg_run_context') }} as run_context
