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
