{#- A text as the cell of a CSV separated by semicolons; nothing for NULL. -#}
{% macro csv_cell(x) -%}
case
    when {{ x }} like '%;%' or {{ x }} like '%"%' then '"' || replace({{ x }}, '"', '""') || '"'
    else coalesce({{ x }}, '')
end
{%- endmacro %}
