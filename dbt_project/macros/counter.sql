{#-
  What a counter has run from one reading to the next. A new device begins anew; the reading before the counter passed
  zero is its last value before it did.
-#}
{% macro counter_step(origin, value, previous_origin, previous_value) -%}
case
    when {{ origin }} = 'INSTALLATION' then 0
    when {{ previous_origin }} = 'ROLLOVER' then {{ value }}
    else {{ value }} - {{ previous_value }}
end
{%- endmacro %}
