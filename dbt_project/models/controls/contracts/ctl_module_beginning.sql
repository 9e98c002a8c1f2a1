-- AN-03. Scope: rules with something due.
select
    {{ control_case(
        'rule.rule_id', 'module', 'rule.module_id', 'rule.client_id', 'cast(null as ' ~ text_type() ~ ')',
        amount_at_stake='stake.amount', hold_scope='rule', hold_key='rule.rule_id', contract_id='rule.contract_id'
    ) }},
    stake.first_item_date,
    rule.module_valid_from,
from {{ ref('int_contract_stake') }} as stake
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('int_contract_rule') }} as rule
    on stake.rule_id = rule.rule_id
