-- AN-24. Scope: rules with a true-up or consumption due that bill actual readings only, those left out that hold back
-- units still offered (AN-25).
select
    {{ control_case(
        "rule.rule_id", 'rule', 'rule.rule_id', 'rule.client_id',
        'cast(null as ' ~ text_type() ~ ')',
        amount_at_stake='stake.metered_amount', hold_scope='metered', hold_key='rule.rule_id',
        contract_id='rule.contract_id'
    ) }},
    supply.readings_since as readings_since_billed,
from {{ ref('int_contract_supply') }} as supply
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('int_contract_rule') }} as rule
    on supply.rule_id = rule.rule_id
inner join {{ ref('int_contract_stake') }} as stake
    on supply.rule_id = stake.rule_id and stake.metered_items > 0
where not rule.allows_estimates and not (rule.holds_back_offered and rule.offered_units > 0)
