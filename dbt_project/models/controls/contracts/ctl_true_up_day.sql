-- AN-15. Scope: active rules with a true-up and flat fees in advance. The schedule is what is wrong, late true-ups only
-- follow from it: critical once one is due.
select
    {{ control_case(
        "rule.rule_id", 'rule', 'rule.rule_id', 'rule.client_id',
        'cast(null as ' ~ text_type() ~ ')',
        severity="case when stake.true_ups > 0 then 'critical' else 'warning' end",
        amount_at_stake='stake.metered_amount', hold_scope='metered', hold_key='rule.rule_id',
        contract_id='rule.contract_id'
    ) }},
    cast(rule.invoice_day as bigint) as flat_fee_day,
    cast(
        greatest(coalesce(rule.true_up_day, 0), {{ day_of_month('rule.next_true_up_date') }}) as bigint
    ) as true_up_day,
from {{ ref('int_contract_rule') }} as rule
cross join {{ ref('stg_run_context') }} as run_context
left join {{ ref('int_contract_stake') }} as stake
    on rule.rule_id = stake.rule_id
where
    rule.is_active
    and rule.type = 'FLAT_WITH_TRUE_UP'
    and rule.term = 'ADVANCE'
    and rule.next_true_up_date is not null
