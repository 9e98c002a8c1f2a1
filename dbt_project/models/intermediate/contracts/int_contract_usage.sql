-- What each asset has consumed for each true-up and consumption due; NULL when one of its counters cannot tell. Assets
-- that are not netted count from zero up: what one of them would take back waits on its counter, and is taken off what
-- it uses in the periods after.
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

),

used as (

    select
        metered.identity,
        metered.rule_id,
        metered.due_date,
        metered.read_until,
        rule.nets_assets,
        attached.asset_id,
        cast(case when attached.is_known then coalesce(counted.units, 0) end as decimal(18, 4)) as units,
    from {{ ref('int_contract_metered') }} as metered
    inner join {{ ref('int_contract_rule') }} as rule
        on metered.rule_id = rule.rule_id
    inner join attached
        on metered.rule_id = attached.rule_id
    left join counted
        on metered.identity = counted.identity and attached.asset_id = counted.asset_id

),

summed as (

    select
        *,
        sum(coalesce(units, 0)) over (
            partition by rule_id, asset_id order by due_date rows between unbounded preceding and current row
        ) as units_so_far,
    from used

),

topped as (

    select
        *,
        greatest(
            max(units_so_far) over (
                partition by rule_id, asset_id order by due_date rows between unbounded preceding and current row
            ), 0
        ) as billed_so_far,
    from summed

),

weighed as (

    select
        identity,
        rule_id,
        asset_id,
        due_date,
        read_until,
        case
            when units is null or nets_assets then units
            else
                billed_so_far
                - coalesce(lag(billed_so_far) over (partition by rule_id, asset_id order by due_date), 0)
        end as units,
        units is not null and not nets_assets and units_so_far < billed_so_far as is_carried,
    from topped

)

select
    identity,
    rule_id,
    asset_id,
    cast(units as decimal(18, 4)) as units,
    is_carried,
    coalesce(
        max(case when is_carried then null else read_until end) over (
            partition by rule_id, asset_id order by due_date rows between unbounded preceding and current row
        ),
        {{ beginning_of_time() }}
    ) as billed_until,
from weighed
