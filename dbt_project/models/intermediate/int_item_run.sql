-- All items of the run: of missions and client files, and of contracts. Grain: item_key.
select
    item.*,
    cast(null as {{ text_type() }}) as contract_id,
    cast(null as {{ text_type() }}) as rule_id,
    cast(null as decimal(18, 4)) as included_units,
    cast(null as decimal(18, 4)) as offered_units,
    cast(null as boolean) as is_rebased,
    false as is_waiting,
from {{ ref('int_item_net') }} as item

union all

select * from {{ ref('int_contract_item') }}
