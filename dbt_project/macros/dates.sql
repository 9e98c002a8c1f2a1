{#- Calendar arithmetic. Everything is a DATE or an integer; no clock, no time of day. -#}

{#-
  The date in the month of `base` + `months` on `anchor_day`, or on that month's last day when the month is shorter.
  Always computed from the original base and anchor: a date rolled from the previous one would keep the clamp of
  February for the rest of the year (31, 28, 28, …).
-#}
{% macro anchored_date(base, months, anchor_day) -%}
{%- set month = add_months(first_day_of_month(base), months) -%}
least({{ add_days(month, "(" ~ anchor_day ~ ") - 1") }}, {{ last_day_of_month(month) }})
{%- endmacro %}

{#- 'YYYY-MM' of a date. -#}
{% macro month_key(date) -%}
{{ format_month(date) }}
{%- endmacro %}

{#- First day of a month given as 'YYYY-MM'. -#}
{% macro month_start(month_text) -%}
cast(({{ month_text }}) || '-01' as date)
{%- endmacro %}

{#- Last day of the month of a date. -#}
{% macro month_end_of(date) -%}
{{ last_day_of_month(date) }}
{%- endmacro %}

{% macro next_day(date) -%}
{{ add_days(date, 1) }}
{%- endmacro %}

{% macro previous_day(date) -%}
{{ add_days(date, -1) }}
{%- endmacro %}

{#- Calendar days from a to b, both counted. -#}
{% macro days_inclusive(a, b) -%}
({{ days_between(a, b) }} + 1)
{%- endmacro %}

{#- Months between the months of two dates, whatever the days. -#}
{% macro months_between_months(a, b) -%}
cast(
    (extract(year from ({{ b }})) - extract(year from ({{ a }}))) * 12
    + extract(month from ({{ b }})) - extract(month from ({{ a }})) as bigint
)
{%- endmacro %}

{#-
  Whole months from `base` to `date` on a grid anchored on `anchor_day`: the k with
  anchored_date(base, k) <= date < anchored_date(base, k + 1). Negative before the base.
-#}
{% macro months_since(base, date, anchor_day) -%}
({{ months_between_months(base, date) }}
    - case when ({{ date }}) < {{ anchored_date(date, 0, anchor_day) }} then 1 else 0 end)
{%- endmacro %}

{#- The rank of a day when every month has `month_days` of them: the last day of a month, whichever it is, is the last. -#}
{% macro day_rank_fixed_month(date, month_days) -%}
cast(
    (extract(year from ({{ date }})) * 12 + extract(month from ({{ date }}))) * ({{ month_days }})
    + case
        when ({{ date }}) = {{ last_day_of_month(date) }} then ({{ month_days }})
        else least(extract(day from ({{ date }})), ({{ month_days }}))
    end as bigint
)
{%- endmacro %}

{#- Days from a to b, both counted, when every month has `month_days` days. -#}
{% macro days_fixed_month(a, b, month_days) -%}
({{ day_rank_fixed_month(b, month_days) }} - {{ day_rank_fixed_month(a, month_days) }} + 1)
{%- endmacro %}

{#-
  Days from a to b, both counted, when every month has 30 days and the last day of each, 28 February as well as
  31 January, is the 30th: 1 to 30 January is 30 days, and so are 1 to 31 January and 1 to 28 February.
-#}
{% macro days_30_360(a, b) -%}
{{ days_fixed_month(a, b, 30) }}
{%- endmacro %}
