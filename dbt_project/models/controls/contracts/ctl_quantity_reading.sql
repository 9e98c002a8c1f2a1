-- AN-07. Scope: technical quantities of rules with a true-up or consumption due that may bill estimates.
select
    {{ control_case(
        "state.rule_id || '|' || state.technical_id", 'quantity', 'state.technical_id', 'rule.client_id', 'cast(null as ' ~ text_type() ~ ')',
        amount_at_stake='stake.metered_amount', hold_scope='metered', hold_key='rule.rule_id',
        contract_id='rule.contract_id'
    ) }},
    state.readings_since + state.estimates + case when state.is_ended then 1 else 0 end as usable_readings,
    counter.opening_date as last_reading_date,
from {{ ref('int_counter_state') }} as state
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('int_contract_counter') }} as counter
    on state.rule_id = counter.rule_id and state.technical_id = counter.technical_id
inner join {{ ref('int_contract_rule') }} as rule
    on state.rule_id = rule.rule_id
inner join {{ ref('int_contract_stake') }} as stake
    on state.rule_id = stake.rule_id and stake.metered_items > 0
where rule.allows_estimates
