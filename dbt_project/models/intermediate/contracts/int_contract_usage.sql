-- What each asset has consumed for each true-up and consumption due; NULL when one of its counters cannot tell. Assets
-- that are not netted count from zero up: what one of them would take back waits on its counter.
-- Grain: identity × asset_id.
with counter as (

    -- A device that was taken away and billed has nothing more to tell.
    select
        counter.rule_id,
        counter.technical_id,
        (counter.opening_date is not null or not counter.is_cumulative)
        and (count(step.source_key) > 0 or counter.opening_origin = 'REMOVAL') as is_known,
    from {{ ref('int_contract_counter') }} as counter
    left join {{ ref('int_counter_step') }} as step
        on
            counter.rule_id = step.rule_id
            and counter.technical_id = step.technical_id
            and step.origin <> 'INSTALLATION'
    group by
        counter.rule_id, counter.technical_id, counter.opening_date, counter.is_cumulative, counter.opening_origin

),

attached as (

    select
        attached.rule_id,
        quantity.asset_id,
        min(case when coalesce(counter.is_known, false) then 1 else 0 end) = 1 as is_known,
    from {{ ref('stg_rule_quantity') }} as attached
    inner join {{ ref('stg_quantity') }} as quantity
        on attached.quantity_id = quantity.quantity_id
    inner join {{ ref('int_quantity_term') }} as term
        on attached.quantity_id = term.quantity_id
    left join counter
        on attached.rule_id = counter.rule_id and term.technical_id = counter.technical_id
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
