-- AN-26. Scope: rules with a true-up or consumption due that bill actual readings only, though their client allows
-- estimates and enough was read to make one; those left out that hold back units still offered (AN-25).
select
    {{ control_case(
        "rule.rule_id", 'rule', 'rule.rule_id', 'rule.client_id',
        'cast(null as ' ~ text_type() ~ ')',
        severity="'info'", amount_at_stake='stake.metered_amount', hold_key='rule.rule_id',
        contract_id='rule.contract_id'
    ) }},
    supply.readings_since as readings_since_billed,
from {{ ref('int_contract_supply') }} as supply
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('int_contract_rule') }} as rule
    on supply.rule_id = rule.rule_id
inner join {{ ref('int_contract_stake') }} as stake
    on supply.rule_id = stake.rule_id and stake.metered_items > 0
where
    rule.reading_mode = 'ACTUAL'
    and not rule.refuses_estimates
    and supply.is_estimable
    and not (rule.holds_back_offered and rule.offered_units > 0)
