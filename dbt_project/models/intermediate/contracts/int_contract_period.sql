-- Periods of the rules' grids that have come due: their invoice date lies between the rule's next one and the control
-- date. Grain: rule_id × period_start.
with run_context as (

    select * from {{ ref('stg_run_context') }}

),

rule as (

    select rule.*
    from {{ ref('int_contract_rule') }} as rule
    cross join run_context
    where
        rule.is_active
        and (
            rule.next_invoice_date <= run_context.control_date
            -- A last period cut short is invoiced before its date.
            or (
                rule.term = 'ARREARS'
                and rule.next_invoice_date is not null
                and least(rule.contract_covers_until, rule.module_covers_until) < run_context.control_date
            )
        )

),

span as (

    select
        rule.rule_id,
        rule.grid_start as base,
        cast(rule.period_months as bigint) as months,
        cast(null as bigint) as days,
        cast(rule.invoice_day as bigint) as anchor_day,
        cast(null as bigint) as month_end_days,
        -- The period before the first one due is the earliest that can matter.
        greatest(
            rule.grid_start, rule.contract_start, {{ add_months('rule.next_invoice_date', '-1 - rule.period_months') }}
        ) as span_start,
        rule.contract_covers_until as span_end,
        run_context.control_date as through,
    from rule
    cross join run_context

),

clipped as (

    -- Where its ends are prorated, a period is cut by the module as well.
    select
        period.rule_id,
        period.slice_start,
        period.slice_end,
        case
            when rule.prorates_first and rule.module_valid_from between period.period_start and period.period_end
                then rule.module_valid_from
            else period.period_start
        end as period_start,
        case
            when rule.prorates_last and rule.module_covers_until between period.period_start and period.period_end
                then rule.module_covers_until
            else period.period_end
        end as period_end,
    from {{ grid_periods('span') }} as period
    inner join rule
        on period.rule_id = rule.rule_id

),

period as (

    select
        clipped.*,
        {{ invoice_date('rule.term', 'clipped.period_start', 'clipped.period_end') }} as invoice_date,
    from clipped
    inner join rule
        on clipped.rule_id = rule.rule_id

)

select
    period.rule_id,
    period.period_start,
    period.period_end,
    period.slice_start,
    period.slice_end,
    period.invoice_date,
from period
cross join run_context
inner join rule
    on period.rule_id = rule.rule_id
where
    period.invoice_date <= run_context.control_date
    -- What a contract or a module cuts off the end of a period brings its invoice forward, not what is planned next.
    and {{ invoice_date('rule.term', 'period.period_start', 'period.slice_end') }} >= rule.next_invoice_date
