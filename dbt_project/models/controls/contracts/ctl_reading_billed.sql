-- AN-09. Scope: counters with a reading that a validated line billed; what was estimated for it is in no history.
with billed as (

    select
        billed.rule_id,
        billed.quantity_id,
        billed.quantity_id || '|' || cast(billed.closing_date as {{ text_type() }}) as reading_key,
        billed.closing_value,
        count(reading.quantity_id) as readings_found,
    from {{ ref('stg_ledger_meter') }} as billed
    left join {{ ref('int_meter_reading') }} as reading
        on
            billed.quantity_id = reading.quantity_id
            and billed.closing_date = reading.reading_date
            and billed.closing_value = reading.value
    where billed.closing_origin <> 'ESTIMATE'
    group by billed.rule_id, billed.quantity_id, billed.closing_date, billed.closing_value

)

select
    {{ control_case(
        "billed.rule_id || '|' || billed.reading_key", 'reading', 'billed.reading_key', 'rule.client_id',
        'cast(null as ' ~ text_type() ~ ')',
        amount_at_stake='stake.metered_amount', hold_scope='metered', hold_key='rule.rule_id',
        contract_id='rule.contract_id'
    ) }},
    billed.readings_found,
    billed.closing_value as billed_value,
from billed
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('int_contract_counter') }} as counter
    on billed.quantity_id = counter.technical_id and billed.rule_id = counter.rule_id
inner join {{ ref('int_contract_rule') }} as rule
    on counter.rule_id = rule.rule_id
left join {{ ref('int_contract_stake') }} as stake
    on counter.rule_id = stake.rule_id
