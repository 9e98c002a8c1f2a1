-- AN-09. Scope: readings of counters that active rules bill, after another one of the same device. A counter that passed
-- zero begins anew.
select
    {{ control_case(
        "counter.rule_id || '|' || reading.reading_key || '|' || reading.origin", 'reading', 'reading.reading_key', 'rule.client_id',
        'cast(null as ' ~ text_type() ~ ')',
        amount_at_stake='stake.metered_amount', hold_scope='metered', hold_key='rule.rule_id',
        contract_id='rule.contract_id'
    ) }},
    reading.value,
    reading.previous_value,
from {{ ref('int_counter_history') }} as reading
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('int_contract_counter') }} as counter
    on reading.quantity_id = counter.technical_id
inner join {{ ref('int_contract_rule') }} as rule
    on counter.rule_id = rule.rule_id
left join {{ ref('int_contract_stake') }} as stake
    on counter.rule_id = stake.rule_id
where reading.origin <> 'INSTALLATION' and reading.previous_origin <> 'ROLLOVER'
