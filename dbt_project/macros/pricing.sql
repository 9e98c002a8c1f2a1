{#- Quantities by price tier. All DECIMAL(18,4). -#}

{#- What is left of a quantity once the free units are taken; a negative quantity (a correction) is left as it is. -#}
{% macro quantity_after_free(quantity, free) -%}
cast(
    case
        when ({{ quantity }}) < 0 then ({{ quantity }})
        else greatest(({{ quantity }}) - coalesce({{ free }}, 0), 0)
    end as decimal(18, 4)
)
{%- endmacro %}

{#-
  The part of `quantity` priced by the tier (lower, upper]: lower NULL = 0, upper NULL = without end.
    GRADUATED  the units inside the tier
    VOLUME     all units when the quantity falls inside the tier, else none
  A quantity of 0 or less belongs to the first tier, so the tiers' quantities always add up to the quantity.
-#}
{% macro tier_quantity(quantity, lower, upper, mode) -%}
{%- set lower = "coalesce(" ~ lower ~ ", 0)" -%}
cast(
    case {{ mode }}
        when 'GRADUATED' then
            case
                when {{ lower }} = 0 then least(({{ quantity }}), {{ upper }})
                else greatest(least(({{ quantity }}), {{ upper }}) - {{ lower }}, 0)
            end
        when 'VOLUME' then
            case
                when ({{ quantity }}) <= 0 and {{ lower }} = 0 then ({{ quantity }})
                when ({{ quantity }}) > {{ lower }} and ({{ quantity }}) <= coalesce({{ upper }}, ({{ quantity }})) then ({{ quantity }})
                else 0
            end
    end as decimal(18, 4)
)
{%- endmacro %}
