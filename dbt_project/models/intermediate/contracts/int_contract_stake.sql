-- What each rule has due in the month being run, and when: what its anomalies hold. Grain: rule_id.
select
    due.rule_id,
    sum(due.amount) as amount,
    sum(case when due.billing_mode <> 'CONTRACT_FLAT' then due.amount end) as metered_amount,
    count(case when due.billing_mode <> 'CONTRACT_FLAT' then 1 end) as metered_items,
    count(case when due.billing_mode = 'TRUE_UP' then 1 end) as true_ups,
    min({{ item_date('rule.term', 'due.billing_mode', 'due.due_date') }}) as first_item_date,
from {{ ref('int_contract_due') }} as due
inner join {{ ref('int_contract_rule') }} as rule
    on due.rule_id = rule.rule_id
group by due.rule_id
