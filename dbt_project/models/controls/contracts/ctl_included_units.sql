-- AN-20. Scope: active rules with a true-up and flat fees that none has settled.
with ranked as (

    select
        history.rule_id,
        history.included_units,
        row_number() over (partition by history.rule_id order by history.period_start desc) as recency,
    from {{ ref('int_contract_history_row') }} as history
    where history.included_units is not null

),

settled as (

    select
        rule_id,
        count(distinct included_units) as distinct_units,
        max(case when recency = 1 then included_units end) as last_units,
    from ranked
    group by rule_id

)

select
    {{ control_case(
        "rule.rule_id", 'rule', 'rule.rule_id', 'rule.client_id',
        'cast(null as ' ~ text_type() ~ ')',
        amount_at_stake='stake.metered_amount', hold_scope='metered', hold_key='rule.rule_id',
        contract_id='rule.contract_id'
    ) }},
    settled.distinct_units,
    settled.last_units,
    rule.included_units as rule_units,
from {{ ref('int_contract_rule') }} as rule
cross join {{ ref('stg_run_context') }} as run_context
left join {{ ref('int_contract_stake') }} as stake
    on rule.rule_id = stake.rule_id
inner join settled
    on rule.rule_id = settled.rule_id
where rule.is_active and rule.type = 'FLAT_WITH_TRUE_UP'
