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
