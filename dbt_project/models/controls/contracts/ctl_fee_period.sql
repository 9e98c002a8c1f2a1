-- AN-21. Scope: flat fees of rules with a true-up that none has settled, of a whole number of months.
select
    {{ control_case(
        "history.rule_id || '|' || cast(history.period_start as " ~ text_type() ~ ")", 'rule', 'rule.rule_id', 'rule.client_id',
        'cast(null as ' ~ text_type() ~ ')',
        amount_at_stake='stake.metered_amount', hold_scope='metered', hold_key='rule.rule_id',
        contract_id='rule.contract_id'
    ) }},
    case when history.is_on_grid then history.period_months else history.whole_months end as row_months,
    history.period_months,
    history.period_start as row_start,
from {{ ref('int_contract_history_row') }} as history
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('int_contract_rule') }} as rule
    on history.rule_id = rule.rule_id
left join {{ ref('int_contract_stake') }} as stake
    on history.rule_id = stake.rule_id
where rule.type = 'FLAT_WITH_TRUE_UP' and (history.is_on_grid or history.whole_months is not null)
