{#- The day an item of a contract is for: a flat fee in advance its invoice, everything else the last day it bills. -#}
{% macro item_date(term, billing_mode, due_date) -%}
case
    when ({{ term }}) = 'ADVANCE' and ({{ billing_mode }}) = 'CONTRACT_FLAT' then ({{ due_date }})
    else {{ previous_day(due_date) }}
end
{%- endmacro %}

{#- What the months between two true-ups must be, as text: themselves when they are a whole number of periods. -#}
{% macro multiple_of(true_up_months, period_months) -%}
cast(
    case
        when ({{ true_up_months }}) % ({{ period_months }}) = 0 then ({{ true_up_months }})
        else (
            {{ integer_divide("coalesce(" ~ true_up_months ~ ", 0)", period_months) }} + 1
        ) * ({{ period_months }})
    end as {{ text_type() }}
)
{%- endmacro %}

{#- Months as text, a dash for none. -#}
{% macro true_up_text(months) -%}
coalesce(cast({{ months }} as {{ text_type() }}), '–')
{%- endmacro %}

{#-
  Rows of `correction` proposed for the open anomalies of a code: `source` and `join` give what they are made of, beside
  `anomaly`.
-#}
{% macro proposed(code, source, join, table, key, column, value, since='rule.control_date') %}
select
    anomaly.code,
    anomaly.subject_id,
    anomaly.contract_id,
    '{{ table }}' as table_name,
    cast({{ key }} as {{ text_type() }}) as row_key,
    '{{ column }}' as column_name,
    cast({{ value }} as {{ text_type() }}) as new_value,
    {{ since }} as effective_from,
from anomaly
inner join {{ source }}
    on {{ join }}
where anomaly.code = '{{ code }}'
{% endmacro %}

{#-
  The periods of spans of rules' grids (`grid_periods`), cut by the module as well where their ends are prorated.

  `rules` is a relation with the columns of int_contract_rule. Gives rule_id, period_start, period_end, slice_start and
  slice_end.
-#}
{% macro cut_by_module(span, rules) -%}
(
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
    from {{ grid_periods(span) }} as period
    inner join {{ rules }} as rule
        on period.rule_id = rule.rule_id
)
{%- endmacro %}

{#-
  The periods of the rules' grids with an invoice date from the rule's next one through a day.

  `rules` is a relation of int_contract_rule with a further column `through`. Gives rule_id, period_start, period_end,
  slice_start, slice_end and invoice_date.
-#}
{% macro contract_periods(rules) -%}
(
    with span as (

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
            rule.through,
        from {{ rules }} as rule

    ),

    clipped as (

        select * from {{ cut_by_module('span', rules) }}

    ),

    period as (

        select
            clipped.*,
            {{ invoice_date('rule.term', 'clipped.period_start', 'clipped.period_end') }} as invoice_date,
        from clipped
        inner join {{ rules }} as rule
            on clipped.rule_id = rule.rule_id

    )

    select period.*
    from period
    inner join {{ rules }} as rule
        on period.rule_id = rule.rule_id
    where
        period.invoice_date <= rule.through
        -- What a contract or a module cuts off the end of a period brings its invoice forward, not what is planned next.
        and {{ invoice_date('rule.term', 'period.period_start', 'period.slice_end') }} >= rule.next_invoice_date
)
{%- endmacro %}

{#- The amount of a flat fee for a period of `contract_periods`: a side that is not prorated counts whole. -#}
{% macro contract_fee(rule, period) -%}
{{ prorate(
    rule ~ '.amount',
    days_inclusive(
        'case when ' ~ rule ~ '.prorates_first then ' ~ period ~ '.period_start else ' ~ period ~ '.slice_start end',
        'case when ' ~ rule ~ '.prorates_last then ' ~ period ~ '.period_end else ' ~ period ~ '.slice_end end'
    ),
    days_inclusive(period ~ '.slice_start', period ~ '.slice_end')
) }}
{%- endmacro %}
