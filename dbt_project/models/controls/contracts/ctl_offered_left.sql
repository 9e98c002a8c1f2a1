-- AN-25. Scope: active rules that bill actual readings only to hold back offered units.
select
    {{ control_case(
        "rule.rule_id", 'rule', 'rule.rule_id', 'rule.client_id',
        'cast(null as ' ~ text_type() ~ ')',
        severity="'info'", amount_at_stake='stake.metered_amount', hold_key='rule.rule_id',
        contract_id='rule.contract_id'
    ) }},
    rule.offered_units as offered_left,
from {{ ref('int_contract_rule') }} as rule
cross join {{ ref('stg_run_context') }} as run_context
left join {{ ref('int_contract_stake') }} as stake
    on rule.rule_id = stake.rule_id
where
    rule.is_active
    and rule.type <> 'FLAT_AMOUNT'
    and rule.holds_back_offered
    and rule.reading_mode = 'ACTUAL'
