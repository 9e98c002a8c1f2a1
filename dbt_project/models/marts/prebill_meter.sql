-- Up to where each line bills each of its counters: as frozen for validated lines, of the draft for the others.
-- Grain: month × line_key × quantity_id.
{% set columns = [
    'line_key', 'contract_id', 'rule_id', 'quantity_id', 'opening_date', 'opening_value', 'closing_date',
    'closing_origin', 'closing_value', 'read_until',
] %}
with drafted as (

    select
        run_context.month,
        meter.identity as line_key,
        line.contract_id,
        meter.rule_id,
        meter.quantity_id,
        meter.opening_date,
        meter.opening_value,
        meter.closing_date,
        meter.closing_origin,
        meter.closing_value,
        meter.read_until,
    from {{ ref('int_contract_meter') }} as meter
    inner join {{ ref('aud_line') }} as line
        on meter.identity = line.line_key
    cross join {{ ref('stg_run_context') }} as run_context

),

frozen as (

    select meter.*
    from {{ source('ledger', 'meter') }} as meter
    inner join {{ ref('stg_run_context') }} as run_context
        on meter.month = run_context.month

)

{% for relation in ['drafted', 'frozen'] %}
select
    month,
    {{ columns | join(',\n    ') }},
from {{ relation }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
