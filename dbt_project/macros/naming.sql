{#- The folder's schema is the schema: no prefix of the target, so that relations have one name everywhere. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name if custom_schema_name else target.schema }}
{%- endmacro %}

{#- A name as people word it, without the year it is of. -#}
{% macro name_in_year(name, year) -%}
trim(replace(' ' || {{ plain_words(name) }} || ' ', ' ' || {{ plain_words(year) }} || ' ', ' '))
{%- endmacro %}
