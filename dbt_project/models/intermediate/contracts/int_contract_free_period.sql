-- Periods of flat fees within the free months of their contract whose invoice would have been for the month being run,
-- had it not been put off. Grain: rule_id × period_start.
with run_context as (

    select * from {{ ref('stg_run_context') }}

),

rule as (

    select rule.*
    from {{ ref('int_contract_rule') }} as rule
    cross join run_context
    where
        rule.is_active
        and rule.type in ('FLAT_AMOUNT', 'FLAT_WITH_TRUE_UP')
        and rule.free_months > 0
        and {{ add_months('rule.free_until', 'rule.period_months') }} >= run_context.month_start

),

span as (

    select
        rule.rule_id,
        rule.grid_start as base,
        cast(rule.period_months as bigint) as months,
        cast(null as bigint) as days,
        cast(rule.invoice_day as bigint) as anchor_day,
        cast(null as bigint) as month_end_days,
        greatest(rule.grid_start, rule.contract_start) as span_start,
        rule.contract_covers_until as span_end,
        run_context.control_date as through,
    from rule
    cross join run_context

)

select
    rule.rule_id,
    rule.contract_id,
    period.period_start,
    period.period_end,
    rule.amount,
    rule.source_file,
    rule.source_row,
from {{ grid_periods('span') }} as period
inner join rule
    on period.rule_id = rule.rule_id
cross join run_context
where
    period.period_end < rule.free_until
    and {{ invoice_date('rule.term', 'period.period_start', 'period.period_end') }}
    between run_context.month_start and run_context.control_date
    and {{ invoice_date('rule.term', 'period.period_start', 'period.period_end') }}
    < coalesce(rule.next_invoice_date, {{ end_of_time() }})
