-- AN-05. Scope: active rules of contracts with free months, before anything was invoiced. Without an end of the contract
-- that of the module is not compared.
select
    {{ control_case(
        'rule.rule_id', 'rule', 'rule.rule_id', 'rule.client_id', 'cast(null as ' ~ text_type() ~ ')',
        severity="'warning'", amount_at_stake='rule.amount', hold_key='rule.rule_id', contract_id='rule.contract_id'
    ) }},
    rule.module_valid_from as module_start,
    rule.contract_start,
    case when rule.contract_end is null then {{ end_of_time() }} else rule.module_valid_to end as module_end,
    coalesce(rule.contract_end, {{ end_of_time() }}) as contract_end,
    coalesce(rule.next_invoice_date, {{ beginning_of_time() }}) as next_invoice_date,
    {{ anchored_date(
        'rule.contract_start',
        "rule.free_months + case rule.term when 'ARREARS' then rule.period_months else 0 end",
        day_of_month('rule.contract_start')
    ) }} as expected_invoice_date,
from {{ ref('int_contract_rule') }} as rule
cross join {{ ref('stg_run_context') }} as run_context
left join (select distinct rule_id from {{ ref('int_contract_history') }}) as billed
    on rule.rule_id = billed.rule_id
where rule.is_active and rule.free_months > 0 and rule.last_invoice_date is null and billed.rule_id is null
