-- AN-22. Scope: active rules with a true-up that has been done once. A month too short for the day ends on its last.
select
    {{ control_case(
        "rule.rule_id", 'rule', 'rule.rule_id', 'rule.client_id',
        'cast(null as ' ~ text_type() ~ ')',
        severity="'warning'", amount_at_stake='stake.metered_amount', hold_key='rule.rule_id',
        contract_id='rule.contract_id'
    ) }},
    cast(
        least(
            {{ schedule_day('rule.true_up_day', 'rule.next_true_up_date', 'rule.invoice_day') }},
            {{ day_of_month(last_day_of_month('rule.last_true_up_date')) }}
        ) as bigint
    ) as scheduled_day,
    cast({{ day_of_month('rule.last_true_up_date') }} as bigint) as last_true_up_day,
from {{ ref('int_contract_rule') }} as rule
cross join {{ ref('stg_run_context') }} as run_context
left join {{ ref('int_contract_stake') }} as stake
    on rule.rule_id = stake.rule_id
where
    rule.is_active
    and rule.type = 'FLAT_WITH_TRUE_UP'
    and rule.last_true_up_date is not null
    and coalesce(rule.true_up_day, {{ day_of_month('rule.next_true_up_date') }}) is not null
