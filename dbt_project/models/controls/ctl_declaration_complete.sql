-- FI-14. Scope: establishments of missions that bill units this month. An establishment without any declaration, when
-- others of the mission have theirs, is as incomplete as one with a fraction missing.
with sale as (

    select
        'UNIT|' || mission_id || '|' || service_code || '|' || metric_month as sale_key,
        *,
    from {{ ref('int_unit_declaration') }}

),

item as (

    select
        item_key,
        line_key,
        mission_id,
        service_code,
        amount_net,
        period_start,
    from {{ ref('int_item') }}
    where billing_mode = 'UNIT' and kind <> 'REVERSAL'

)

select
    {{ control_case(
        "sale.siret || '|' || sale.metric_code || '|' || item.item_key",
        'siret', 'sale.siret', 'sale.client_id', 'sale.client_file_id',
        amount_at_stake='item.amount_net', hold_scope='item', hold_key='item.item_key'
    ) }},
    sale.metric_month,
    case
        when sale.source_key is null then 'MISSING'
        when sale.is_complete then 'COMPLETE'
        else 'INCOMPLETE'
    end as completeness,
from sale
cross join {{ ref('stg_run_context') }} as run_context
inner join item
    on
        sale.mission_id = item.mission_id
        and sale.service_code = item.service_code
        and sale.metric_month_start = item.period_start
