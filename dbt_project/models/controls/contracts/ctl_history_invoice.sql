-- AN-19. Scope: flat fees that no true-up has settled. Below the threshold of a contract a row waits for its invoice.
with history as (

    select
        *,
        rule_id || '|' || cast(period_start as {{ text_type() }}) as period_key,
    from {{ ref('int_contract_history_row') }}

)

select
    {{ control_case(
        "history.period_key", 'fee_period', 'history.period_key', 'rule.client_id',
        'cast(null as ' ~ text_type() ~ ')',
        severity="case when rule.billing_threshold > 0 then 'warning' else 'critical' end",
        amount_at_stake='history.amount', hold_scope='metered', hold_key='rule.rule_id',
        contract_id='rule.contract_id'
    ) }},
    case
        when history.has_invoice or (history.is_below_threshold and rule.billing_threshold > 0) then 1
        else 0
    end as invoices,
from history
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('int_contract_rule') }} as rule
    on history.rule_id = rule.rule_id
