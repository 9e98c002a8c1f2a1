-- AN-02. Scope: active rules edited by hand, or of a contract that was.
with explained as (

    select rule.rule_id
    from {{ ref('int_contract_rule') }} as rule
    where rule.grid_start = rule.last_true_up_date

    union

    select rule.rule_id
    from {{ ref('int_contract_rule') }} as rule
    inner join {{ ref('stg_contract_module') }} as renewal
        on rule.contract_id = renewal.contract_id and rule.grid_start = renewal.valid_from
    inner join {{ ref('stg_contract_module') }} as renewed
        on renewal.module_id = renewed.renewed_by_module_id

    union

    select rule_id
    from {{ ref('stg_rule_change') }}
    where field = 'period_start'

)

select
    {{ control_case(
        'rule.rule_id', 'rule', 'rule.rule_id', 'rule.client_id', 'cast(null as ' ~ text_type() ~ ')',
        severity="'warning'", amount_at_stake='stake.amount', hold_key='rule.rule_id', contract_id='rule.contract_id'
    ) }},
    rule.grid_start as period_start,
    case when explained.rule_id is not null then rule.grid_start else rule.contract_start end as expected_period_start,
from {{ ref('int_contract_rule') }} as rule
cross join {{ ref('stg_run_context') }} as run_context
left join explained
    on rule.rule_id = explained.rule_id
left join {{ ref('int_contract_stake') }} as stake
    on rule.rule_id = stake.rule_id
where rule.is_active and (rule.is_manually_edited or rule.is_contract_edited)
