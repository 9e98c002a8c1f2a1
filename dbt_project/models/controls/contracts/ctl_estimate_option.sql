-- AN-26. Scope: rules with a true-up or consumption due that bill actual readings only, though their client allows
-- estimates and enough was read to make one; those left out that hold back units still offered (AN-25).
with state as (

    select
        rule_id,
        min(readings_since + case when is_ended then 1 else 0 end) as readings_since,
        min(case when readings_since > 0 or is_ended or is_estimable then 1 else 0 end) as estimable,
    from {{ ref('int_counter_state') }}
    group by rule_id

)

select
    {{ control_case(
        "rule.rule_id", 'rule', 'rule.rule_id', 'rule.client_id',
        'cast(null as ' ~ text_type() ~ ')',
        severity="'info'", amount_at_stake='stake.metered_amount', hold_key='rule.rule_id',
        contract_id='rule.contract_id'
    ) }},
    cast(state.readings_since as bigint) as readings_since_billed,
from state
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('int_contract_rule') }} as rule
    on state.rule_id = rule.rule_id
inner join {{ ref('int_contract_stake') }} as stake
    on state.rule_id = stake.rule_id and stake.metered_items > 0
where
    rule.reading_mode = 'ACTUAL'
    and not rule.refuses_estimates
    and state.estimable = 1
    and not (rule.holds_back_offered and rule.offered_units > 0)
