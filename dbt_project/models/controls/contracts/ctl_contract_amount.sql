-- AN-11. Scope: everything due of contracts. Zero is an amount; none is not, nor is a price that gives none of what was
-- consumed.
select
    {{ control_case(
        "due.identity", 'rule', 'rule.rule_id', 'rule.client_id',
        'cast(null as ' ~ text_type() ~ ')',
        hold_scope='rule', hold_key='rule.rule_id',
        contract_id='rule.contract_id'
    ) }},
    case when due.billing_mode = 'CONTRACT_FLAT' then 'amount' else 'unit_price' end as price_column,
    case when due.amount is not null or due.quantity is null then due.unit_price end as price,
from {{ ref('int_contract_due') }} as due
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('int_contract_rule') }} as rule
    on due.rule_id = rule.rule_id
