-- Flat fees as the rules' schedules have them from their next invoice on, for the ten years after the month: a view, which
-- only the forecast reads. Grain: line_key.
{{ config(materialized='view') }}
with rule as (

    select
        rule.*,
        {{ last_day_of_month(add_months('run_context.control_date', 120)) }} as through,
    from {{ ref('int_contract_rule') }} as rule
    cross join {{ ref('stg_run_context') }} as run_context
    where rule.is_active and rule.type in ('FLAT_AMOUNT', 'FLAT_WITH_TRUE_UP') and rule.next_invoice_date is not null

)

select
    'FEE|' || period.rule_id || '|' || cast(period.period_start as {{ text_type() }}) as line_key,
    period.rule_id,
    period.period_start,
    period.period_end,
    period.invoice_date,
    {{ contract_fee('rule', 'period') }} as amount,
from {{ contract_periods('rule') }} as period
inner join rule
    on period.rule_id = rule.rule_id
left join {{ ref('int_contract_history') }} as history
    on period.rule_id = history.rule_id and period.period_start = history.period_start
where
    history.rule_id is null
    -- Outside the module it would be held (AN-03, AN-04).
    and case rule.term when 'ADVANCE' then period.invoice_date else period.period_end end
    between rule.module_valid_from and rule.module_covers_until
