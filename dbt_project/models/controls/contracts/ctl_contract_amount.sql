-- AN-11. Scope: everything due of contracts. Zero is an amount; none is not.
select
    {{ control_case(
        "due.identity", 'rule', 'rule.rule_id', 'rule.client_id',
        'cast(null as ' ~ text_type() ~ ')',
        hold_scope='rule', hold_key='rule.rule_id',
        contract_id='rule.contract_id'
    ) }},
    case when due.billing_mode = 'CONTRACT_FLAT' then 'amount' else 'unit_price' end as price_column,
    due.unit_price as price,
from {{ ref('int_contract_due') }} as due
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('int_contract_rule') }} as rule
    on due.rule_id = rule.rule_id
