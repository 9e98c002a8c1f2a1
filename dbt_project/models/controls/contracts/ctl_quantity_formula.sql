-- AN-06. Scope: computed quantities that active rules bill, as far as they are in use.
with term as (

    select
        term.quantity_id,
        count(case when term.technical_id is null then 1 end) as unreadable_terms,
        count(case when term.technical_id is not null and reading.quantity_id is null then 1 end) as unread_terms,
    from {{ ref('int_quantity_term') }} as term
    left join (select distinct quantity_id from {{ ref('int_meter_reading') }}) as reading
        on term.technical_id = reading.quantity_id
    group by term.quantity_id

),

own as (

    select
        quantity_id,
        count(*) as readings,
    from {{ ref('int_meter_reading') }}
    group by quantity_id

)

select
    {{ control_case(
        "rule.rule_id || '|' || quantity.quantity_id", 'quantity', 'quantity.quantity_id', 'rule.client_id', 'cast(null as ' ~ text_type() ~ ')',
        amount_at_stake='stake.metered_amount', hold_scope='metered', hold_key='rule.rule_id',
        contract_id='rule.contract_id'
    ) }},
    coalesce(quantity.formula, '') as formula,
    coalesce(term.unreadable_terms, 1) as unreadable_terms,
    coalesce(term.unread_terms, 0) as unread_terms,
    coalesce(own.readings, 0) as own_readings,
from {{ ref('int_contract_rule') }} as rule
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('stg_rule_quantity') }} as attached
    on rule.rule_id = attached.rule_id
inner join {{ ref('stg_quantity') }} as quantity
    on attached.quantity_id = quantity.quantity_id
left join term
    on quantity.quantity_id = term.quantity_id
left join own
    on quantity.quantity_id = own.quantity_id
left join {{ ref('int_contract_stake') }} as stake
    on rule.rule_id = stake.rule_id
where
    rule.is_active
    and rule.type <> 'FLAT_AMOUNT'
    and quantity.kind = 'COMPUTED'
    and rule.contract_start <= run_context.control_date
    and coalesce(quantity.created_on, run_context.control_date) <= run_context.control_date
    and quantity.retired_on > run_context.control_date
