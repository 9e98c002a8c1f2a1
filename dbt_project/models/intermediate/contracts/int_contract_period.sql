-- Periods of the rules' grids that have come due: their invoice date lies between the rule's next one and the control
-- date. Grain: rule_id × period_start.
with rule as (

    select
        rule.*,
        run_context.control_date as through,
    from {{ ref('int_contract_rule') }} as rule
    cross join {{ ref('stg_run_context') }} as run_context
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

)

select
    period.rule_id,
    period.period_start,
    period.period_end,
    period.slice_start,
    period.slice_end,
    period.invoice_date,
from {{ contract_periods('rule') }} as period
