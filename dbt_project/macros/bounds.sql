{#- What an empty validity date stands for: no beginning, no end. -#}
{% macro beginning_of_time() -%}
cast('0001-01-01' as date)
{%- endmacro %}

{% macro end_of_time() -%}
cast('9999-12-31' as date)
{%- endmacro %}

{% macro day_of_month(date) -%}
extract(day from {{ date }})
{%- endmacro %}
