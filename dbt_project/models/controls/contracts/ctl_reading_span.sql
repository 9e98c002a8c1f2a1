-- AN-09. Scope: readings of counters that active rules bill.
select
    {{ control_case(
        "counter.rule_id || '|' || reading.reading_key || '|' || reading.origin", 'reading', 'reading.reading_key', 'rule.client_id',
        'cast(null as ' ~ text_type() ~ ')',
        amount_at_stake='stake.metered_amount', hold_scope='metered', hold_key='rule.rule_id',
        contract_id='rule.contract_id'
    ) }},
    case
        when reading.origin = 'INSTALLATION' then 0
        when reading.installations = 0 and reading.installations_ever > 0 then 1
        -- Taken away, and no other put in its place since.
        when reading.is_after_removal then 1
        else 0
    end as readings_out_of_place,
from {{ ref('int_counter_history') }} as reading
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('int_contract_counter') }} as counter
    on reading.quantity_id = counter.technical_id
inner join {{ ref('int_contract_rule') }} as rule
    on counter.rule_id = rule.rule_id
left join {{ ref('int_contract_stake') }} as stake
    on counter.rule_id = stake.rule_id
