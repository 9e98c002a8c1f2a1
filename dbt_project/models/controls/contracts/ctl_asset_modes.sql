-- AN-27. Scope: assets whose quantities several active rules bill.
with attached as (

    select
        quantity.asset_id,
        count(distinct rule.rule_id) as rules,
        count(distinct quantity.quantity_id) as quantities,
        count(distinct rule.reading_mode) as reading_modes,
        min(rule.client_id) as client_id,
        min(rule.contract_id) as contract_id,
    from {{ ref('int_contract_rule') }} as rule
    cross join {{ ref('stg_run_context') }} as run_context
    inner join {{ ref('stg_rule_quantity') }} as attached
        on rule.rule_id = attached.rule_id
    inner join {{ ref('stg_quantity') }} as quantity
        on attached.quantity_id = quantity.quantity_id
    where
        rule.is_active
        and rule.type <> 'FLAT_AMOUNT'
        and coalesce(quantity.created_on, run_context.control_date) <= run_context.control_date
        and quantity.retired_on > run_context.control_date
    group by quantity.asset_id

)

select
    {{ control_case(
        'attached.asset_id', 'asset', 'attached.asset_id', 'attached.client_id', 'cast(null as ' ~ text_type() ~ ')',
        severity="'warning'", contract_id='attached.contract_id'
    ) }},
    attached.reading_modes,
from attached
cross join {{ ref('stg_run_context') }} as run_context
where attached.rules >= 2 and attached.quantities >= 2
