-- AN-04. Scope: rules with something due. A renewal, tacit or by other modules, extends what the module covers.
select
    {{ control_case(
        'rule.rule_id', 'module', 'rule.module_id', 'rule.client_id', 'cast(null as ' ~ text_type() ~ ')',
        amount_at_stake='stake.amount', hold_scope='rule', hold_key='rule.rule_id', contract_id='rule.contract_id'
    ) }},
    rule.module_covers_until,
    stake.last_item_date,
from {{ ref('int_contract_stake') }} as stake
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('int_contract_rule') }} as rule
    on stake.rule_id = rule.rule_id
