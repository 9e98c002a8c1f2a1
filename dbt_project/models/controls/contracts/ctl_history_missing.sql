-- AN-18. Scope: the periods of active rules that should have been billed since the last true-up: over, invoiced before the
-- rule's next date, within the module, not offered. A flat amount is expected from the first row of its history on.
with run_context as (

    select * from {{ ref('stg_run_context') }}

),

history as (

    select
        rule_id,
        min(period_start) as first_start,
    from {{ ref('int_contract_history') }}
    group by rule_id

),

rule as (

    select
        rule.*,
        case rule.type
            when 'FLAT_AMOUNT' then history.first_start
            else coalesce(rule.last_true_up_date, rule.grid_start)
        end as expected_from,
    from {{ ref('int_contract_rule') }} as rule
    left join history
        on rule.rule_id = history.rule_id
    where rule.is_active and rule.type <> 'CONSUMED_UNITS' and rule.next_invoice_date is not null

),

span as (

    select
        rule.rule_id,
        rule.grid_start as base,
        cast(rule.period_months as bigint) as months,
        cast(null as bigint) as days,
        cast(rule.invoice_day as bigint) as anchor_day,
        cast(null as bigint) as month_end_days,
        greatest(
            rule.grid_start, rule.contract_start, {{ add_months('rule.expected_from', '-1 - rule.period_months') }}
        ) as span_start,
        rule.contract_covers_until as span_end,
        least(run_context.control_date, rule.next_invoice_date) as through,
    from rule
    cross join run_context
    where rule.expected_from is not null

),

expected as (

    select
        period.rule_id,
        period.period_start,
        period.period_end,
    from {{ cut_by_module('span', 'rule') }} as period
    cross join run_context
    inner join rule
        on period.rule_id = rule.rule_id
    where
        period.period_end >= rule.expected_from
        and period.period_end < run_context.control_date
        and {{ invoice_date('rule.term', 'period.period_start', 'period.slice_end') }} < rule.next_invoice_date
        and exists (
            select 1
            from {{ ref('stg_module_cover') }} as cover
            where
                cover.module_id = rule.module_id
                and period.period_start between cover.valid_from and cover.covers_until
        )
        and (rule.free_months = 0 or period.period_end >= rule.free_until)

),

found as (

    select
        expected.rule_id,
        expected.period_start,
        expected.period_end,
        expected.rule_id || '|' || cast(expected.period_start as {{ text_type() }}) as period_key,
        count(history.rule_id) as history_rows,
    from expected
    left join {{ ref('int_contract_history') }} as history
        on
            expected.rule_id = history.rule_id
            and history.period_start <= expected.period_end
            and history.period_end >= expected.period_start
    group by expected.rule_id, expected.period_start, expected.period_end

)

select
    {{ control_case(
        "found.period_key", 'fee_period', 'found.period_key', 'rule.client_id',
        'cast(null as ' ~ text_type() ~ ')',
        amount_at_stake='rule.amount', hold_scope='metered', hold_key='rule.rule_id',
        contract_id='rule.contract_id'
    ) }},
    found.history_rows,
    found.period_end,
from found
cross join run_context
inner join rule
    on found.rule_id = rule.rule_id
