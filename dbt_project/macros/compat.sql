{#-
  The only place for functions whose name or behaviour differs from one SQL engine to another: whoever moves the models
  to another engine writes its side of these macros and nothing else. Written for DuckDB and Spark SQL (ANSI mode,
  decimals without loss of precision, backslashes kept in literals: see `assets/spark.py`).
-#}

{#- Integers of 38 digits: products of cents, quantities and days do not fit in 64 bits. -#}
{% macro wide_integer(x) -%}
{{ return(adapter.dispatch('wide_integer')(x)) }}
{%- endmacro %}

{% macro duckdb__wide_integer(x) -%}
cast({{ x }} as hugeint)
{%- endmacro %}

{% macro spark__wide_integer(x) -%}
cast({{ x }} as decimal(38, 0))
{%- endmacro %}

{#- -1, 0 or 1, an integer. -#}
{% macro sign_of(x) -%}
{{ return(adapter.dispatch('sign_of')(x)) }}
{%- endmacro %}

{% macro duckdb__sign_of(x) -%}
sign({{ x }})
{%- endmacro %}

{#- `sign` is floating-point here. -#}
{% macro spark__sign_of(x) -%}
cast(sign({{ x }}) as int)
{%- endmacro %}

{#- Integer division of two non-negative integers; the quotient fits in 64 bits. -#}
{% macro integer_divide(numerator, denominator) -%}
{{ return(adapter.dispatch('integer_divide')(numerator, denominator)) }}
{%- endmacro %}

{#- `/` is a floating-point division here. -#}
{% macro duckdb__integer_divide(numerator, denominator) -%}
(({{ numerator }}) // ({{ denominator }}))
{%- endmacro %}

{#- A quotient beyond 64 bits is an error here. -#}
{% macro spark__integer_divide(numerator, denominator) -%}
(({{ numerator }}) div ({{ denominator }}))
{%- endmacro %}

{#- Integer division rounded down, whatever the sign of the numerator (the engines round towards zero). -#}
{% macro floor_divide(numerator, denominator) -%}
{{ integer_divide(
    "(" ~ numerator ~ ") - (((" ~ numerator ~ ") % (" ~ denominator ~ ")) + (" ~ denominator ~ ")) % (" ~ denominator ~ ")",
    denominator
) }}
{%- endmacro %}

{#- Days from a to b, b not counted. -#}
{% macro days_between(a, b) -%}
{{ return(adapter.dispatch('days_between')(a, b)) }}
{%- endmacro %}

{% macro duckdb__days_between(a, b) -%}
cast(({{ b }}) - ({{ a }}) as bigint)
{%- endmacro %}

{% macro spark__days_between(a, b) -%}
cast(datediff({{ b }}, {{ a }}) as bigint)
{%- endmacro %}

{% macro add_days(date, days) -%}
{{ return(adapter.dispatch('add_days')(date, days)) }}
{%- endmacro %}

{% macro duckdb__add_days(date, days) -%}
cast(({{ date }}) + cast(({{ days }}) as integer) as date)
{%- endmacro %}

{% macro spark__add_days(date, days) -%}
date_add({{ date }}, cast(({{ days }}) as integer))
{%- endmacro %}

{#- Clamps to the end of the month: never used to roll a schedule, see `anchored_date`. -#}
{% macro add_months(date, months) -%}
{{ return(adapter.dispatch('add_months')(date, months)) }}
{%- endmacro %}

{% macro duckdb__add_months(date, months) -%}
cast(({{ date }}) + to_months(cast(({{ months }}) as integer)) as date)
{%- endmacro %}

{% macro spark__add_months(date, months) -%}
add_months({{ date }}, cast(({{ months }}) as integer))
{%- endmacro %}

{#- `unit` is month, year or week, which begins on Monday. -#}
{% macro first_day_of(unit, date) -%}
cast(date_trunc('{{ unit }}', ({{ date }})) as date)
{%- endmacro %}

{% macro first_day_of_month(date) -%}
{{ first_day_of('month', date) }}
{%- endmacro %}

{% macro first_day_of_year(date) -%}
{{ first_day_of('year', date) }}
{%- endmacro %}

{#- The Monday on or before a date. -#}
{% macro first_day_of_week(date) -%}
{{ first_day_of('week', date) }}
{%- endmacro %}

{% macro last_day_of_month(date) -%}
last_day({{ date }})
{%- endmacro %}

{% macro format_month(date) -%}
{{ return(adapter.dispatch('format_month')(date)) }}
{%- endmacro %}

{% macro duckdb__format_month(date) -%}
strftime(({{ date }}), '%Y-%m')
{%- endmacro %}

{% macro spark__format_month(date) -%}
date_format(({{ date }}), 'yyyy-MM')
{%- endmacro %}

{% macro text_type() -%}
{{ return(adapter.dispatch('text_type')()) }}
{%- endmacro %}

{% macro duckdb__text_type() -%}
varchar
{%- endmacro %}

{% macro spark__text_type() -%}
string
{%- endmacro %}

{#- A relation of the integers first..last, one column, to be cross joined: the bounds may be columns to its left. -#}
{% macro integers(first, last, column) -%}
{{ return(adapter.dispatch('integers')(first, last, column)) }}
{%- endmacro %}

{% macro duckdb__integers(first, last, column) -%}
unnest(generate_series(cast(({{ first }}) as bigint), cast(({{ last }}) as bigint))) as {{ column }}_series({{ column }})
{%- endmacro %}

{#- `sequence` counts down when the last comes before the first. -#}
{% macro spark__integers(first, last, column) -%}
lateral explode(
    case
        when cast(({{ first }}) as bigint) <= cast(({{ last }}) as bigint)
            then sequence(cast(({{ first }}) as bigint), cast(({{ last }}) as bigint))
    end
) as {{ column }}_series({{ column }})
{%- endmacro %}

{#- A relation of the parts of a text, one column, to be cross joined. -#}
{% macro split_parts(text, separator, column) -%}
{{ return(adapter.dispatch('split_parts')(text, separator, column)) }}
{%- endmacro %}

{% macro duckdb__split_parts(text, separator, column) -%}
unnest(string_split(({{ text }}), '{{ separator }}')) as {{ column }}_parts({{ column }})
{%- endmacro %}

{#- The separator is a regular expression here. -#}
{% macro spark__split_parts(text, separator, column) -%}
lateral explode(split(({{ text }}), '\Q{{ separator }}\E', -1)) as {{ column }}_parts({{ column }})
{%- endmacro %}

{% macro begins_with(text, beginning) -%}
{{ return(adapter.dispatch('begins_with')(text, beginning)) }}
{%- endmacro %}

{% macro duckdb__begins_with(text, beginning) -%}
starts_with({{ text }}, {{ beginning }})
{%- endmacro %}

{% macro spark__begins_with(text, beginning) -%}
startswith({{ text }}, {{ beginning }})
{%- endmacro %}

{#- The distinct texts of a group in their own order, joined. -#}
{% macro join_distinct(text, separator) -%}
{{ return(adapter.dispatch('join_distinct')(text, separator)) }}
{%- endmacro %}

{% macro duckdb__join_distinct(text, separator) -%}
string_agg(distinct {{ text }}, '{{ separator }}' order by {{ text }})
{%- endmacro %}

{#- `string_agg(distinct …)` does not bear a second one in the same query here. -#}
{% macro spark__join_distinct(text, separator) -%}
case when count({{ text }}) > 0 then array_join(array_sort(collect_set({{ text }})), '{{ separator }}') end
{%- endmacro %}

{#- The texts of a group, in the order given, joined. -#}
{% macro join_ordered(text, separator, order) -%}
{{ return(adapter.dispatch('join_ordered')(text, separator, order)) }}
{%- endmacro %}

{% macro duckdb__join_ordered(text, separator, order) -%}
string_agg({{ text }}, '{{ separator }}' order by {{ order }})
{%- endmacro %}

{% macro spark__join_ordered(text, separator, order) -%}
string_agg({{ text }}, '{{ separator }}') within group (order by {{ order }})
{%- endmacro %}

{#- A fingerprint of values, NULL apart from empty. -#}
{% macro fingerprint(values) -%}
md5(
    {%- for value in values -%}
    coalesce(cast({{ value }} as {{ text_type() }}), chr(0)) || chr(31){% if not loop.last %} || {% endif %}
    {%- endfor -%}
)
{%- endmacro %}

{#- Whether a text matches a regular expression, whole text given by anchors. -#}
{% macro matches(text, pattern) -%}
{{ return(adapter.dispatch('matches')(text, pattern)) }}
{%- endmacro %}

{% macro duckdb__matches(text, pattern) -%}
regexp_matches({{ text }}, '{{ pattern }}')
{%- endmacro %}

{% macro spark__matches(text, pattern) -%}
regexp_like({{ text }}, '{{ pattern }}')
{%- endmacro %}

{#- A group of the first match of a regular expression, '' without a match. -#}
{% macro extract_match(text, pattern, group) -%}
regexp_extract({{ text }}, '{{ pattern }}', {{ group }})
{%- endmacro %}

{#- A text with everything that matches a regular expression replaced; \1 is its first group. -#}
{% macro replace_all(text, pattern, replacement) -%}
{{ return(adapter.dispatch('replace_all')(text, pattern, replacement)) }}
{%- endmacro %}

{% macro duckdb__replace_all(text, pattern, replacement) -%}
regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro %}

{% macro spark__replace_all(text, pattern, replacement) -%}
regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement | replace("\\", "$") }}')
{%- endmacro %}

{#- A formula with a plus before every minus that begins it, follows an operator or has a space beside it. -#}
{% macro set_apart_minus(formula) -%}
{{ replace_all(replace_all(formula, '(^|[+])\\s*-\\s*', '\\1-'), '\\s+-\\s*|-\\s+', '+-') }}
{%- endmacro %}

{#- A text of small letters without their accents. -#}
{% macro without_accents(text) -%}
{{ return(adapter.dispatch('without_accents')(text)) }}
{%- endmacro %}

{% macro duckdb__without_accents(text) -%}
strip_accents({{ text }})
{%- endmacro %}

{#- Letters by a table, accents that stand by themselves by their category. -#}
{% macro spark__without_accents(text) -%}
regexp_replace(translate(
    {{ text }},
    'àáâãäåçèéêëìíîïñòóôõöùúûüýÿāăąćĉċčďēĕėęěĝğġģĥĩīĭįĵķĺļľńņňōŏőŕŗřśŝşšţťũūŭůűųŵŷźżžơư'
    || 'ǎǐǒǔǖǘǚǜǟǡǧǩǫǭǰǵǹǻȁȃȅȇȉȋȍȏȑȓȕȗșțȟȧȩȫȭȯȱȳḁḃḅḇḉḋḍḏḑḓḕḗḙḛḝḟḡḣḥḧḩḫḭḯḱḳḵḷḹḻḽḿṁṃṅṇṉṋṍṏṑṓ'
    || 'ṕṗṙṛṝṟṡṣṥṧṩṫṭṯṱṳṵṷṹṻṽṿẁẃẅẇẉẋẍẏẑẓẕẖẗẘẙạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ',
    'aaaaaaceeeeiiiinooooouuuuyyaaaccccdeeeeegggghiiiijklllnnnooorrrssssttuuuuuuwyzzzou'
    || 'aiouuuuuaagkoojgnaaaeeiioorruusthaeooooyabbbcdddddeeeeefghhhhhiikkkllllmmmnnnnoooo'
    || 'pprrrrsssssttttuuuuuvvwwwwwxxyzzzhtwyaaaaaaaaaaaaeeeeeeeeiioooooooooooouuuuuuuyyyy'
), '\p{M}', '')
{%- endmacro %}

{#- The words of a text, in small letters without accents, one blank between them. -#}
{% macro plain_words(text) -%}
trim({{ replace_all(without_accents("lower(" ~ text ~ ")"), '[^a-z0-9]+', ' ') }})
{%- endmacro %}

{#- A query as the engine reads it: Spark takes no comma after the last column. -#}
{% macro query_text(sql) -%}
{{ return(adapter.dispatch('query_text')(sql)) }}
{%- endmacro %}

{% macro duckdb__query_text(sql) -%}
{{ return(sql) }}
{%- endmacro %}

{% macro spark__query_text(sql) -%}
{#- Comments and literals are left as they are. -#}
{%- set pattern = "(--[^\\n]*|'[^']*')|,((?:\\s|--[^\\n]*\\n)*)(?=\\bfrom\\b|\\bunion\\b|\\)|$)" -%}
{{ return(modules.re.sub(pattern, "\\1\\2", sql)) }}
{%- endmacro %}
