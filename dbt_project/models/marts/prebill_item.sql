-- What the lines are made of, item by item: what a validation freezes and a later correction is compared with. As frozen
-- for validated lines, of the draft for the others; items a person excluded are of kind EXCLUDED, those
-- that wait below a contract's threshold WAITING. Grain: month × item_key.
{% set columns = [
    'identity', 'kind', 'item_key', 'line_key', 'group_key', 'billing_mode', 'client_id', 'client_file_id', 'fy_label',
    'mission_id', 'service_code', 'label', 'period_start', 'period_end', 'due_date', 'origin_month', 'quantity',
    'unit_price', 'discount_pct', 'amount', 'computed_amount', 'minutes', 'agreed_amount', 'document_version', 'inputs_hash',
    'source_hash', 'source_ref', 'vat_code', 'vat_rate', 'contract_id', 'rule_id', 'included_units', 'offered_units',
    'is_rebased',
] %}
with drafted as (

    select
        run_context.month,
        item.identity,
        case
            when line.excluded_as is null then item.kind
            when line.excluded_as = 'BELOW_THRESHOLD' then 'WAITING'
            else 'EXCLUDED'
        end as kind,
        item.item_key,
        item.final_line_key as line_key,
        item.group_key,
        item.billing_mode,
        item.client_id,
        item.client_file_id,
        item.fy_label,
        item.mission_id,
        item.service_code,
        item.label,
        item.period_start,
        item.period_end,
        item.due_date,
        item.origin_month,
        cast(item.quantity as decimal(18, 4)) as quantity,
        cast(item.unit_price as decimal(18, 6)) as unit_price,
        cast(coalesce(share.discount_pct, item.discount_pct) as decimal(9, 4)) as discount_pct,
        cast(coalesce(share.amount, item.amount) as decimal(18, 2)) as amount,
        cast(item.amount as decimal(18, 2)) as computed_amount,
        cast(item.minutes as bigint) as minutes,
        cast(item.agreed_amount as decimal(18, 2)) as agreed_amount,
        cast(item.document_version as integer) as document_version,
        item.inputs_hash,
        item.source_hash,
        item.source_ref,
        item.vat_code,
        cast(item.vat_rate as decimal(9, 4)) as vat_rate,
        item.contract_id,
        item.rule_id,
        item.included_units,
        item.offered_units,
        item.is_rebased,
    from {{ ref('aud_item') }} as item
    inner join {{ ref('aud_line') }} as line
        on item.final_line_key = line.line_key
    left join {{ ref('aud_item_share') }} as share
        on item.item_key = share.item_key
    cross join {{ ref('stg_run_context') }} as run_context
    -- What a person excludes is settled with its month, what waits below a threshold recorded; what is postponed is not.
    where line.excluded_as is null or line.excluded_as in ('EXCLUDED_BY_PERSON', 'BELOW_THRESHOLD')

),

frozen as (

    select item.*
    from {{ source('ledger', 'item') }} as item
    inner join {{ ref('stg_run_context') }} as run_context
        on item.month = run_context.month

)

{% for relation in ['drafted', 'frozen'] %}
select
    month,
    {{ columns | join(',\n    ') }},
from {{ relation }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
