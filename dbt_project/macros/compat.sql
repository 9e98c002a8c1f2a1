{#-
  The only place for functions whose name or behaviour differs from one SQL engine to another: whoever moves the models
  to another engine rewrites this file and nothing else. Written for DuckDB.
-#}

{#- Integers of 38 digits: products of cents, quantities and days do not fit in 64 bits. -#}
{% macro wide_integer(x) -%}
cast({{ x }} as hugeint)
{%- endmacro %}

{#- Integer division of two non-negative integers (`/` is a floating-point division here). -#}
{% macro integer_divide(numerator, denominator) -%}
(({{ numerator }}) // ({{ denominator }}))
{%- endmacro %}

{#- Integer division rounded down, whatever the sign of the numerator (`//` rounds towards zero here). -#}
{% macro floor_divide(numerator, denominator) -%}
((({{ numerator }}) - ((({{ numerator }}) % ({{ denominator }})) + ({{ denominator }})) % ({{ denominator }})) // ({{ denominator }}))
{%- endmacro %}

{#- Days from a to b, b not counted. -#}
{% macro days_between(a, b) -%}
cast(({{ b }}) - ({{ a }}) as bigint)
{%- endmacro %}

{% macro add_days(date, days) -%}
cast(({{ date }}) + cast(({{ days }}) as integer) as date)
{%- endmacro %}

{#- Clamps to the end of the month: never used to roll a schedule, see `anchored_date`. -#}
{% macro add_months(date, months) -%}
cast(({{ date }}) + to_months(cast(({{ months }}) as integer)) as date)
{%- endmacro %}

{% macro first_day_of_month(date) -%}
cast(date_trunc('month', ({{ date }})) as date)
{%- endmacro %}

{% macro first_day_of_year(date) -%}
cast(date_trunc('year', ({{ date }})) as date)
{%- endmacro %}

{#- The Monday on or before a date. -#}
{% macro first_day_of_week(date) -%}
cast(date_trunc('week', ({{ date }})) as date)
{%- endmacro %}

{% macro last_day_of_month(date) -%}
last_day({{ date }})
{%- endmacro %}

{% macro format_month(date) -%}
strftime(({{ date }}), '%Y-%m')
{%- endmacro %}

{% macro text_type() -%}
varchar
{%- endmacro %}

{#- A relation of the integers first..last, one column, to be cross joined: the bounds may be columns to its left. -#}
{% macro integers(first, last, column) -%}
unnest(generate_series(cast(({{ first }}) as bigint), cast(({{ last }}) as bigint))) as {{ column }}_series({{ column }})
{%- endmacro %}

{#- A relation of the parts of a text, one column, to be cross joined. -#}
{% macro split_parts(text, separator, column) -%}
unnest(string_split(({{ text }}), '{{ separator }}')) as {{ column }}_parts({{ column }})
{%- endmacro %}

{#- The distinct texts of a group in their own order, joined. -#}
{% macro join_distinct(text, separator) -%}
string_agg(distinct {{ text }}, '{{ separator }}' order by {{ text }})
{%- endmacro %}

{#- A fingerprint of values, NULL apart from empty. -#}
{% macro fingerprint(values) -%}
md5(
    {%- for value in values -%}
    coalesce(cast({{ value }} as varchar), chr(0)) || chr(31){% if not loop.last %} || {% endif %}
    {%- endfor -%}
)
{%- endmacro %}

{#- The texts of a group, in the order given, joined. -#}
{% macro join_ordered(text, separator, order) -%}
string_agg({{ text }}, '{{ separator }}' order by {{ order }})
{%- endmacro %}

{#- Whether a text matches a regular expression, whole text given by anchors. -#}
{% macro matches(text, pattern) -%}
regexp_matches({{ text }}, '{{ pattern }}')
{%- endmacro %}

{#- A group of the first match of a regular expression, '' without a match. -#}
{% macro extract_match(text, pattern, group) -%}
regexp_extract({{ text }}, '{{ pattern }}', {{ group }})
{%- endmacro %}

{#- A formula with a plus before every minus that begins it, follows an operator or has a space beside it. -#}
{% macro set_apart_minus(formula) -%}
regexp_replace(regexp_replace({{ formula }}, '(^|[+])\s*-\s*', '\1-', 'g'), '\s+-\s*|-\s+', '+-', 'g')
{%- endmacro %}

{#- The words of a text, in small letters without accents, one blank between them. -#}
{% macro plain_words(text) -%}
trim(regexp_replace(strip_accents(lower({{ text }})), '[^a-z0-9]+', ' ', 'g'))
{%- endmacro %}
