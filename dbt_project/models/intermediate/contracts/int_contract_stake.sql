-- What each rule has due in the month being run, and when: what its anomalies hold. Grain: rule_id.
select
    due.rule_id,
    sum(due.amount) as amount,
    sum(case when due.billing_mode <> 'CONTRACT_FLAT' then due.amount end) as metered_amount,
    count(case when due.billing_mode <> 'CONTRACT_FLAT' then 1 end) as metered_items,
    count(case when due.billing_mode = 'TRUE_UP' then 1 end) as true_ups,
    -- The day an item is for: its invoice in advance, the last day it bills otherwise.
    min(
        case
            when rule.term = 'ADVANCE' and due.billing_mode = 'CONTRACT_FLAT' then due.due_date
            else {{ previous_day('due.due_date') }}
        end
    ) as first_item_date,
    max(
        case
            when rule.term = 'ADVANCE' and due.billing_mode = 'CONTRACT_FLAT' then due.due_date
            else {{ previous_day('due.due_date') }}
        end
    ) as last_item_date,
from {{ ref('int_contract_due') }} as due
inner join {{ ref('int_contract_rule') }} as rule
    on due.rule_id = rule.rule_id
group by due.rule_id
