{#- Periods: their length, and the part of a slice that a span covers. -#}

{#- Months of a periodicity; NULL for ONE_OFF, which has no period. -#}
{% macro period_months(periodicity) -%}
cast(
    case {{ periodicity }}
        when 'MONTHLY' then 1
        when 'BIMONTHLY' then 2
        when 'QUARTERLY' then 3
        when 'HALF_YEARLY' then 6
        when 'YEARLY' then 12
    end as integer
)
{%- endmacro %}

{#-
  Half months of a slice touched by from..to: a sub-month (cut from the slice's own start and anchor day) counts 2 when
  whole, 1 when cut at one or both ends.
-#}
{% macro half_months(from_date, to_date, slice_start, anchor_day) -%}
{%- set first = months_since(slice_start, from_date, anchor_day) -%}
{%- set last = months_since(slice_start, to_date, anchor_day) -%}
greatest(
    1,
    2 * ({{ last }} - {{ first }} + 1)
    - case when ({{ from_date }}) > {{ anchored_date(slice_start, first, anchor_day) }} then 1 else 0 end
    - case when {{ next_day(to_date) }} < {{ anchored_date(slice_start, last ~ " + 1", anchor_day) }} then 1 else 0 end
)
{%- endmacro %}

{#-
  The part of the slice slice_start..slice_end that from..to covers (all ends inclusive), as two BIGINTs, so that the
  amount is rounded once: prorate(amount, prorata_numerator(…), prorata_denominator(…)). A span beyond the slice is
  clipped to it, NULL ends are open, an empty span is 0. The denominator is always that of the full slice.
    ACTUAL      calendar days
    THIRTY_360  days of 30-day months
    HALF_MONTH  half months: any cut month counts one half
    NONE        1 / 1
-#}
{% macro prorata_numerator(convention, from_date, to_date, slice_start, slice_end, slice_months, anchor_day) -%}
{%- set from_date = "greatest(" ~ from_date ~ ", " ~ slice_start ~ ")" -%}
{%- set to_date = "least(" ~ to_date ~ ", " ~ slice_end ~ ")" -%}
cast(
    case
        when {{ to_date }} < {{ from_date }} then 0
        else
            case {{ convention }}
                when 'NONE' then 1
                when 'ACTUAL' then {{ days_inclusive(from_date, to_date) }}
                when 'THIRTY_360' then {{ days_30_360(from_date, to_date) }}
                when 'HALF_MONTH' then {{ half_months(from_date, to_date, slice_start, anchor_day) }}
            end
    end as bigint
)
{%- endmacro %}

{% macro prorata_denominator(convention, from_date, to_date, slice_start, slice_end, slice_months, anchor_day) -%}
cast(
    case {{ convention }}
        when 'NONE' then 1
        when 'ACTUAL' then {{ days_inclusive(slice_start, slice_end) }}
        when 'THIRTY_360' then {{ days_30_360(slice_start, slice_end) }}
        when 'HALF_MONTH' then 2 * ({{ slice_months }})
    end as bigint
)
{%- endmacro %}

{#-
  The day of the month on which true-ups fall: the rule's own, else that of its flat fees when the date fits it (28
  February fits the 31st), else the date's.
-#}
{% macro schedule_day(day, date, invoice_day) -%}
coalesce(
    {{ day }},
    case
        when {{ date }} = {{ anchored_date(date, 0, invoice_day) }} then {{ invoice_day }}
        else {{ day_of_month(date) }}
    end
)
{%- endmacro %}
