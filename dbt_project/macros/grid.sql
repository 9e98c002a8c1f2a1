{#-
  Grids: the boundaries at which periods follow one another, for ever in both directions.

  A grid has a base date (boundary 0) and a period: `months` of calendar months, else `days` (the other NULL). Boundary k
  is always computed from the base, never from boundary k − 1, so a short month bends one boundary and not those after
  it. Monthly boundaries fall on `anchor_day` (NULL: the day of the base) or, with `month_end_days`, that many days
  before the last of the month. Period k runs from boundary k to the day before boundary k + 1, both counted.
-#}

{#- Boundary number `step`. -#}
{% macro grid_date(base, step, months, days, anchor_day, month_end_days) -%}
{%- set by_month = "(" ~ step ~ ") * (" ~ months ~ ")" -%}
case
    when ({{ months }}) is null then {{ add_days(base, "(" ~ step ~ ") * (" ~ days ~ ")") }}
    when ({{ month_end_days }}) is not null
        then {{ add_days(last_day_of_month(add_months(first_day_of_month(base), by_month)), "-(" ~ month_end_days ~ ")") }}
    else {{ anchored_date(base, by_month, "coalesce(" ~ anchor_day ~ ", " ~ day_of_month(base) ~ ")") }}
end
{%- endmacro %}

{#- The number of the period that contains `date`: grid_date(step) <= date < grid_date(step + 1). -#}
{% macro grid_step(base, date, months, days, anchor_day, month_end_days) -%}
{%- set boundary_of_month -%}
case
    when ({{ month_end_days }}) is not null then {{ add_days(last_day_of_month(date), "-(" ~ month_end_days ~ ")") }}
    else {{ anchored_date(date, 0, "coalesce(" ~ anchor_day ~ ", " ~ day_of_month(base) ~ ")") }}
end
{%- endset -%}
case
    when ({{ months }}) is null then {{ floor_divide(days_between(base, date), days) }}
    else {{ floor_divide(
        months_between_months(base, date)
        ~ " - case when (" ~ date ~ ") < " ~ boundary_of_month ~ " then 1 else 0 end",
        months
    ) }}
end
{%- endmacro %}

{#-
  Where the grid of something that starts on `date` begins: on that day (ANCHORED), on the first of its month (MONTH),
  or, cut by the calendar, on 1 January of its year or on the Monday of its week (CALENDAR).
-#}
{% macro grid_base(alignment, date, days) -%}
case ({{ alignment }})
    when 'ANCHORED' then ({{ date }})
    when 'MONTH' then {{ first_day_of_month(date) }}
    when 'CALENDAR' then case when ({{ days }}) is null then {{ first_day_of_year(date) }} else {{ first_day_of_week(date) }} end
end
{%- endmacro %}

{#- Days from a date to the end of its month when there are at most `at_most` of them, else NULL. -#}
{% macro month_end_days(date, at_most) -%}
case
    when {{ days_between(date, last_day_of_month(date)) }} <= ({{ at_most }})
        then {{ days_between(date, last_day_of_month(date)) }}
end
{%- endmacro %}

{#-
  The day that stands for a period on the invoice: its first day in advance, in arrears the day after its end.
  `arrears_days` is the distance from the end for those who invoice on another day.
-#}
{% macro invoice_date(term, period_start, period_end, arrears_days=1) -%}
case ({{ term }})
    when 'ADVANCE' then ({{ period_start }})
    when 'ARREARS' then {{ add_days(period_end, arrears_days) }}
end
{%- endmacro %}

{#- The other way round: the first day of the period billed (in advance) or of the period after it (in arrears). -#}
{% macro invoiced_boundary(term, invoice_date, arrears_days=1) -%}
case ({{ term }})
    when 'ADVANCE' then ({{ invoice_date }})
    when 'ARREARS' then {{ add_days(invoice_date, "1 - (" ~ arrears_days ~ ")") }}
end
{%- endmacro %}

{#-
  The last day billed by an invoice of that date: in advance the end of the period that begins there (`slice_end`), in
  arrears the day the invoice looks back to.
-#}
{% macro invoiced_through(term, invoice_date, slice_end, arrears_days=1) -%}
case ({{ term }})
    when 'ADVANCE' then ({{ slice_end }})
    when 'ARREARS' then {{ add_days(invoice_date, "-(" ~ arrears_days ~ ")") }}
end
{%- endmacro %}

{#-
  One row per period of a grid that a span touches, clipped to the span.

  `spans` is a relation with, beside its own columns, which are kept:
    base, months, days, anchor_day, month_end_days   the grid
    span_start, span_end                             first and last day, span_end NULL = open
    through                                          no period that begins after this day
  Adds: step (BIGINT, 0 at the base), slice_start, slice_end (the whole period), period_start, period_end (what the span
  covers of it). A span that ends before it starts has no period.
-#}
{% macro grid_periods(spans) -%}
(
    with numbered as (

        select
            span.*,
            step,
        from {{ spans }} as span
        cross join {{ integers(
            grid_step("span.base", "span.span_start", "span.months", "span.days", "span.anchor_day", "span.month_end_days"),
            grid_step(
                "span.base", "least(span.span_end, span.through)",
                "span.months", "span.days", "span.anchor_day", "span.month_end_days"
            ),
            "step"
        ) }}

    ),

    sliced as (

        select
            *,
            {{ grid_date("base", "step", "months", "days", "anchor_day", "month_end_days") }} as slice_start,
            {{ previous_day(grid_date("base", "step + 1", "months", "days", "anchor_day", "month_end_days")) }} as slice_end,
        from numbered

    ),

    clipped as (

        select
            *,
            greatest(slice_start, span_start) as period_start,
            least(slice_end, span_end) as period_end,
        from sliced

    )

    select *
    from clipped
    where period_start <= period_end and period_start <= through
)
{%- endmacro %}

{#-
  The whole period by which a clipped one is measured.
    GRID  the period of the grid that it was cut from
    EDGE  a period of the same length counted from the boundary it touches, anchor forgotten: back from its end when its
          beginning is cut, else on from its beginning. Differs from GRID beside a month too short for the anchor: with
          anchor 31, 14 to 27 February is 14 of 28 days by GRID (31 January to 27 February), of 31 by EDGE (from 28 January).
-#}
{% macro measured_from(measure, period_start, slice_start, slice_end, months, days) -%}
case
    when ({{ measure }}) = 'EDGE' and ({{ period_start }}) > ({{ slice_start }})
        then {{ grid_date(next_day(slice_end), -1, months, days, "null", "null") }}
    else ({{ slice_start }})
end
{%- endmacro %}

{% macro measured_to(measure, period_start, period_end, slice_start, slice_end, months, days) -%}
case
    when ({{ measure }}) = 'EDGE' and ({{ period_start }}) = ({{ slice_start }}) and ({{ period_end }}) < ({{ slice_end }})
        then {{ previous_day(grid_date(slice_start, 1, months, days, "null", "null")) }}
    else ({{ slice_end }})
end
{%- endmacro %}

{#-
  The number of periods from boundary 0 to the end of a clipped period of `grid_periods`, for the price of a whole span:
  numerator / days of the slice, so that the price is rounded once.
-#}
{% macro periods_elapsed_numerator(step, period_start, period_end, slice_start, slice_end) -%}
(({{ step }}) * {{ days_inclusive(slice_start, slice_end) }} + {{ days_inclusive(period_start, period_end) }})
{%- endmacro %}

{#-
  How a span is measured in periods: from its first day, or, when it lies inside one calendar month and the period is
  one month, by that month.
-#}
{% macro span_alignment(from_date, to_date, months) -%}
case
    when ({{ months }}) = 1 and {{ first_day_of_month(from_date) }} = {{ first_day_of_month(to_date) }} then 'MONTH'
    else 'ANCHORED'
end
{%- endmacro %}
