{#- Time. Whole minutes. -#}

{#- Minutes rounded to a step: mode up, down or nearest (half up); step NULL or 0 = as they are. -#}
{% macro round_minutes(minutes, step, mode) -%}
cast(
    case
        when coalesce({{ step }}, 0) = 0 then ({{ minutes }})
        else
            case {{ mode }}
                when 'up' then {{ integer_divide("(" ~ minutes ~ ") + (" ~ step ~ ") - 1", step) }} * ({{ step }})
                when 'down' then {{ integer_divide(minutes, step) }} * ({{ step }})
                when 'nearest' then {{ integer_divide("2 * (" ~ minutes ~ ") + (" ~ step ~ ")", "2 * (" ~ step ~ ")") }} * ({{ step }})
            end
    end as bigint
)
{%- endmacro %}
