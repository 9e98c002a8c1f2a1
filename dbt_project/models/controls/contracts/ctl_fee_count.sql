-- AN-16. Scope: true-ups due of rules whose periods fit (AN-13 else). The first one expects the periods since the
-- beginning, those offered left out.
with limited as (

    select
        consumption.identity,
        consumption.counted_fees,
        rule.rule_id,
        rule.last_true_up_date,
        rule.grid_start,
        rule.invoice_day,
        rule.period_months,
        rule.true_up_months,
        rule.contract_covers_until,
        case when rule.free_months > 0 then greatest(rule.free_until, rule.grid_start) else rule.grid_start end as first_billed,
        case
            when {{ month_key('rule.next_true_up_date') }} = run_context.month then run_context.control_date
            else rule.next_true_up_date
        end as limit_date,
    from {{ ref('int_contract_consumption') }} as consumption
    inner join {{ ref('int_contract_due') }} as due
        on consumption.identity = due.identity
    cross join {{ ref('stg_run_context') }} as run_context
    inner join {{ ref('int_contract_rule') }} as rule
        on consumption.rule_id = rule.rule_id
    where
        consumption.billing_mode = 'TRUE_UP'
        and rule.true_up_months >= rule.period_months
        and rule.true_up_months % rule.period_months = 0

)

select
    {{ control_case(
        "limited.identity", 'rule', 'rule.rule_id', 'rule.client_id',
        'cast(null as ' ~ text_type() ~ ')',
        amount_at_stake='stake.metered_amount', hold_scope='metered', hold_key='rule.rule_id',
        contract_id='rule.contract_id'
    ) }},
    cast(
        case
            when limited.last_true_up_date is not null
                then {{ integer_divide('limited.true_up_months', 'limited.period_months') }}
            else greatest(
                -- A last period that the contract's end cuts counts like the others.
                case
                    when limited.contract_covers_until < limited.limit_date
                        then {{ grid_step(
                            'limited.grid_start', 'limited.contract_covers_until', 'limited.period_months', 'null',
                            'limited.invoice_day', 'null'
                        ) }} + 1
                    else {{ grid_step(
                        'limited.grid_start', 'limited.limit_date', 'limited.period_months', 'null',
                        'limited.invoice_day', 'null'
                    ) }}
                end
                - {{ grid_step(
                    'limited.grid_start', 'limited.first_billed', 'limited.period_months', 'null',
                    'limited.invoice_day', 'null'
                ) }},
                0
            )
        end as bigint
    ) as expected_fees,
    cast(limited.counted_fees as bigint) as counted_fees,
from limited
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('int_contract_rule') }} as rule
    on limited.rule_id = rule.rule_id
left join {{ ref('int_contract_stake') }} as stake
    on limited.rule_id = stake.rule_id
