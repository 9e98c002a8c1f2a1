-- AN-08. Scope: technical quantities with a running count that active rules bill, once their contract has begun.
with installation as (

    select
        quantity_id,
        min(reading_date) as reading_date,
    from {{ ref('int_meter_reading') }}
    where origin = 'INSTALLATION'
    group by quantity_id

),

counter as (

    select
        counter.*,
        greatest(rule.contract_start, asset.installed_on) as expected_by,
        rule.client_id,
        rule.contract_id,
    from {{ ref('int_contract_counter') }} as counter
    cross join {{ ref('stg_run_context') }} as run_context
    inner join {{ ref('int_contract_rule') }} as rule
        on counter.rule_id = rule.rule_id
    inner join {{ ref('stg_quantity') }} as quantity
        on counter.technical_id = quantity.quantity_id
    inner join {{ ref('stg_asset') }} as asset
        on quantity.asset_id = asset.asset_id
    where
        counter.is_cumulative
        and rule.contract_start <= run_context.control_date
        and coalesce(quantity.created_on, run_context.control_date) <= run_context.control_date
        and quantity.retired_on > run_context.control_date

)

select
    {{ control_case(
        "counter.rule_id || '|' || counter.technical_id", 'quantity', 'counter.technical_id', 'counter.client_id',
        'cast(null as ' ~ text_type() ~ ')', amount_at_stake='stake.metered_amount', hold_scope='metered', hold_key='counter.rule_id',
        contract_id='counter.contract_id'
    ) }},
    case when installation.reading_date <= counter.expected_by then 1 else 0 end as installation_readings,
    counter.expected_by,
from counter
cross join {{ ref('stg_run_context') }} as run_context
left join installation
    on counter.technical_id = installation.quantity_id
left join {{ ref('int_contract_stake') }} as stake
    on counter.rule_id = stake.rule_id
