-- True-ups and consumptions that have come due by the control date. Consumption missed for several periods is billed
-- period by period, each up to the readings of its end, the last up to now. Grain: identity.
with run_context as (

    select * from {{ ref('stg_run_context') }}

),

consumed as (

    select
        period.rule_id,
        period.period_start,
        period.period_end,
        period.invoice_date,
        coalesce(
            lag(period.invoice_date) over (partition by period.rule_id order by period.invoice_date),
            {{ beginning_of_time() }}
        ) as read_after,
        case
            when row_number() over (partition by period.rule_id order by period.invoice_date desc) = 1
                then run_context.control_date
            else period.invoice_date
        end as read_until,
    from {{ ref('int_contract_period') }} as period
    cross join run_context

)

select
    'TRUEUP|' || rule.rule_id || '|' || cast(rule.next_true_up_date as {{ text_type() }}) as identity,
    rule.rule_id,
    rule.contract_id,
    'TRUE_UP' as billing_mode,
    rule.next_true_up_date as due_date,
    coalesce(rule.true_up_period_start, rule.last_true_up_date, rule.grid_start) as period_start,
    -- The day it is for, unless it comes in another month.
    {{ previous_day(
        'case when ' ~ month_key('rule.next_true_up_date') ~ ' = run_context.month'
        ~ ' then rule.next_true_up_date else run_context.control_date end'
    ) }} as period_end,
    {{ beginning_of_time() }} as read_after,
    run_context.control_date as read_until,
from {{ ref('int_contract_rule') }} as rule
cross join run_context
where rule.is_active and rule.type = 'FLAT_WITH_TRUE_UP' and rule.next_true_up_date <= run_context.control_date

union all

select
    'USE|' || rule.rule_id || '|' || cast(consumed.period_start as {{ text_type() }}),
    rule.rule_id,
    rule.contract_id,
    'CONSUMED',
    consumed.invoice_date,
    consumed.period_start,
    consumed.period_end,
    consumed.read_after,
    consumed.read_until,
from {{ ref('int_contract_rule') }} as rule
inner join consumed
    on rule.rule_id = consumed.rule_id
where rule.type = 'CONSUMED_UNITS'
