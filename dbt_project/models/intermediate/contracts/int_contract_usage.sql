-- What each asset has consumed for each true-up and consumption due; NULL when one of its counters cannot tell. Assets
-- that are not netted count from zero up: what one of them would take back waits on its counter.
-- Grain: identity × asset_id.
with attached as (

    select
        attached.rule_id,
        quantity.asset_id,
        min(case when coalesce(state.is_known, false) then 1 else 0 end) = 1 as is_known,
    from {{ ref('stg_rule_quantity') }} as attached
    inner join {{ ref('stg_quantity') }} as quantity
        on attached.quantity_id = quantity.quantity_id
    inner join {{ ref('int_quantity_term') }} as term
        on attached.quantity_id = term.quantity_id
    left join {{ ref('int_counter_state') }} as state
        on attached.rule_id = state.rule_id and term.technical_id = state.technical_id
    group by attached.rule_id, quantity.asset_id

),

counted as (

    select
        identity,
        asset_id,
        sum(units) as units,
    from {{ ref('int_contract_reading') }}
    group by identity, asset_id

)

select
    metered.identity,
    metered.rule_id,
    attached.asset_id,
    cast(case when attached.is_known then coalesce(counted.units, 0) end as decimal(18, 4)) as units,
    attached.is_known and coalesce(counted.units, 0) < 0 and not rule.nets_assets as is_carried,
from {{ ref('int_contract_metered') }} as metered
inner join {{ ref('int_contract_rule') }} as rule
    on metered.rule_id = rule.rule_id
inner join attached
    on metered.rule_id = attached.rule_id
left join counted
    on metered.identity = counted.identity and attached.asset_id = counted.asset_id
