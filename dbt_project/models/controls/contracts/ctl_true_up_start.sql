-- AN-10. Scope: active rules with a true-up that has been done once.
select
    {{ control_case(
        "rule.rule_id", 'rule', 'rule.rule_id', 'rule.client_id',
        'cast(null as ' ~ text_type() ~ ')',
        amount_at_stake='stake.metered_amount', hold_scope='metered', hold_key='rule.rule_id',
        contract_id='rule.contract_id'
    ) }},
    rule.true_up_period_start,
    rule.last_true_up_date,
from {{ ref('int_contract_rule') }} as rule
cross join {{ ref('stg_run_context') }} as run_context
left join {{ ref('int_contract_stake') }} as stake
    on rule.rule_id = stake.rule_id
where
    rule.is_active
    and rule.type = 'FLAT_WITH_TRUE_UP'
    and rule.last_true_up_date is not null
    and rule.true_up_period_start is not null
