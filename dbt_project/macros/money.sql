{#-
  Money. Every amount is computed on integers (cents, millionths of a price, days) of 38 digits and rounded once, half
  away from zero: a DECIMAL divided is a DOUBLE here, and 0.98 × 1/28, exactly 0.035, would give 0.03.
  An amount that does not fit in DECIMAL(18,2) is an error of the engine, never a wrong number.
-#}

{#- The integer nearest to numerator / denominator, half away from zero. Two integers; denominator > 0. -#}
{% macro round_ratio(numerator, denominator) -%}
{%- set n = wide_integer(numerator) -%}
{%- set d = wide_integer(denominator) -%}
({{ sign_of(n) }} * {{ integer_divide("2 * abs(" ~ n ~ ") + " ~ d, "2 * " ~ d) }})
{%- endmacro %}

{#-
  A decimal of at most `scale` decimals as the integer of its units (10^-scale). Exact: DECIMAL(18) times an integer
  stays a DECIMAL(18) here and would overflow, hence the second cast.
-#}
{% macro decimal_units(x, scale) -%}
{{ wide_integer("cast(cast((" ~ x ~ ") as decimal(18, " ~ scale ~ ")) as decimal(38, " ~ scale ~ ")) * 1" ~ "0" * scale) }}
{%- endmacro %}

{#- The decimal that an integer of units (10^-scale) stands for. Exact. -#}
{% macro units_decimal(units, scale) -%}
cast(cast({{ units }} as decimal(20, 0)) * 0.{{ "0" * (scale - 1) }}1 as decimal(18, {{ scale }}))
{%- endmacro %}

{#- numerator / denominator as a decimal of `scale` decimals. Two integers; denominator > 0. -#}
{% macro ratio(numerator, denominator, scale) -%}
{{ units_decimal(round_ratio(wide_integer(numerator) ~ " * 1" ~ "0" * scale, denominator), scale) }}
{%- endmacro %}

{% macro cents(amount) -%}
{{ decimal_units(amount, 2) }}
{%- endmacro %}

{% macro money_from_cents(cents) -%}
{{ units_decimal(cents, 2) }}
{%- endmacro %}

{#- An exact decimal, rounded to the cent. -#}
{% macro round_money(x) -%}
cast(round({{ x }}, 2) as decimal(18, 2))
{%- endmacro %}

{#-
  amount × numerator / denominator, to the cent (a unit price: to `scale` decimals). Both integers; denominator > 0; any
  sign elsewhere.
-#}
{% macro prorate(amount, numerator, denominator, scale=2) -%}
{{ units_decimal(round_ratio(cents(amount) ~ " * (" ~ numerator ~ ") * 1" ~ "0" * (scale - 2), denominator), scale) }}
{%- endmacro %}

{#-
  quantity × unit_price × (1 − discount_pct / 100), to the cent. quantity DECIMAL(18,4), unit_price DECIMAL(18,6),
  discount_pct DECIMAL(9,4), NULL = none. Exact for every result that fits DECIMAL(18,2): the product of the three
  integers is the result × 10^16, at most 10^32 of the 1.7 × 10^38 available, and quantity × price alone at most 10^36.
-#}
{% macro line_amount(quantity, unit_price, discount_pct) -%}
{%- set gross = decimal_units(quantity, 4) ~ " * " ~ decimal_units(unit_price, 6) -%}
{%- set kept = "(1000000 - " ~ decimal_units("coalesce(" ~ discount_pct ~ ", 0)", 4) ~ ")" -%}
{{ money_from_cents(round_ratio(gross ~ " * " ~ kept, "100000000000000")) }}
{%- endmacro %}

{#-
  units × hourly_price / units_per_hour, to the cent: a duration in whole units (60 minutes, 3600 seconds an hour).
  Exact while the result fits; hourly_price DECIMAL(18,6).
-#}
{% macro duration_amount(units, units_per_hour, hourly_price, scale=2) -%}
{{ units_decimal(round_ratio(
    wide_integer(units) ~ " * " ~ decimal_units(hourly_price, 6) ~ " * 1" ~ "0" * scale,
    "1000000 * cast(" ~ units_per_hour ~ " as bigint)"
), scale) }}
{%- endmacro %}

{#- minutes × hourly_price / 60, to the cent: from the minutes, not from the hours already rounded. -#}
{% macro minutes_amount(minutes, hourly_price, discount_pct=none) -%}
{%- if discount_pct is none -%}
{{ duration_amount(minutes, 60, hourly_price) }}
{%- else -%}
{{ money_from_cents(round_ratio(
    wide_integer(minutes) ~ " * " ~ decimal_units(hourly_price, 6)
    ~ " * (1000000 - " ~ decimal_units(discount_pct, 4) ~ ")",
    "600000000000"
)) }}
{%- endif -%}
{%- endmacro %}

{#- Hours to four decimals, the quantity shown on a line. -#}
{% macro minutes_to_hours(minutes) -%}
{{ ratio(minutes, 60, 4) }}
{%- endmacro %}

{#-
  Share i (from 1) of a total over n, shares adding up to the total.
    LAST, FIRST  each total / n rounded, the last or the first takes the rest
    SPREAD       differences of the rounded running total: no share is more than a cent away from another
-#}
{% macro split_amount(total, n, i, rounding) -%}
{%- set total_cents = cents(total) -%}
{%- set share = round_ratio(total_cents, n) -%}
{%- set rest = "(" ~ total_cents ~ " - " ~ share ~ " * ((" ~ n ~ ") - 1))" -%}
{{ money_from_cents(
    "case " ~ rounding
    ~ " when 'LAST' then case when (" ~ i ~ ") = (" ~ n ~ ") then " ~ rest ~ " else " ~ share ~ " end"
    ~ " when 'FIRST' then case when (" ~ i ~ ") = 1 then " ~ rest ~ " else " ~ share ~ " end"
    ~ " when 'SPREAD' then " ~ round_ratio(total_cents ~ " * (" ~ i ~ ")", n)
    ~ " - " ~ round_ratio(total_cents ~ " * ((" ~ i ~ ") - 1)", n)
    ~ " end"
) }}
{%- endmacro %}

{#-
  amount × new_index / (base_index × link_coefficient), to the cent, once. The link joins a broken series (NULL = 1);
  cap_pct and floor_pct bound the change of the index in percent (NULL = no bound). Indices DECIMAL(18,6), coefficient
  DECIMAL(18,9), bounds DECIMAL(9,4). Exact while amount < 10^13 and indices < 10^6.
-#}
{% macro indexed_amount(amount, new_index, base_index, link_coefficient, cap_pct, floor_pct) -%}
{%- set new = "(" ~ decimal_units(new_index, 6) ~ " * 1000000000)" -%}
{%- set base = "(" ~ decimal_units(base_index, 6) ~ " * " ~ decimal_units("coalesce(" ~ link_coefficient ~ ", 1)", 9) ~ ")" -%}
{%- set cap = "(1000000 + " ~ decimal_units(cap_pct, 4) ~ ")" -%}
{%- set floor = "(1000000 + " ~ decimal_units(floor_pct, 4) ~ ")" -%}
{{ money_from_cents(
    "case"
    ~ " when " ~ new ~ " * 1000000 > " ~ base ~ " * " ~ cap ~ " then " ~ round_ratio(cents(amount) ~ " * " ~ cap, 1000000)
    ~ " when " ~ new ~ " * 1000000 < " ~ base ~ " * " ~ floor ~ " then " ~ round_ratio(cents(amount) ~ " * " ~ floor, 1000000)
    ~ " else " ~ round_ratio(cents(amount) ~ " * " ~ new, base)
    ~ " end"
) }}
{%- endmacro %}

{#- VAT of a sum of net amounts at a rate in percent (DECIMAL(9,4)), to the cent: once per rate, never per line. -#}
{% macro vat_amount(net_sum, rate) -%}
{{ money_from_cents(round_ratio(cents(net_sum) ~ " * " ~ decimal_units(rate, 4), 1000000)) }}
{%- endmacro %}
