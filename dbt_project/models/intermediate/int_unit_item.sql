-- Units by price tier, and the line that brings a mission's service up to its minimum. Grain: item_key.
with unit as (

    select distinct
        'UNIT|' || mission_id || '|' || service_code || '|' || metric_month as sale_key,
        mission_id,
        metric_month,
        metric_month_start,
        home_month,
    from {{ ref('int_unit_declaration') }}
    where source_key is not null

),

tier as (

    select * from {{ ref('int_sale_tier') }}

),

tier_item as (

    select
        tier.sale_key || '|' || tier.tier_no as item_key,
        unit.sale_key,
        unit.mission_id,
        unit.metric_month,
        unit.metric_month_start,
        unit.home_month,
        tier.service_code,
        tier.quantity,
        tier.unit_price,
        tier.discount_pct,
        tier.amount,
        {{ fingerprint(['tier.facts', 'tier.tier_no', 'tier.unit_price', 'tier.discount_pct']) }} as inputs_hash,
        '' as label_suffix,
    from unit
    inner join tier
        on unit.sale_key = tier.sale_key

),

minimum_item as (

    -- What is missing to the minimum. Not when nothing was counted, nor when a price is missing.
    select
        unit.sale_key || '|MIN' as item_key,
        unit.sale_key,
        unit.mission_id,
        unit.metric_month,
        unit.metric_month_start,
        unit.home_month,
        tier.service_code,
        cast(1 as decimal(18, 4)) as quantity,
        cast(service.minimum_amount - sum(tier.amount) as decimal(18, 6)) as unit_price,
        cast(null as decimal(9, 4)) as discount_pct,
        cast(service.minimum_amount - sum(tier.amount) as decimal(18, 2)) as amount,
        {{ fingerprint([
            'min(tier.facts)',
            'service.minimum_amount',
            join_ordered(
                "tier.tier_no || ' ' || tier.unit_price || ' ' || coalesce(cast(tier.discount_pct as "
                ~ text_type() ~ "), '')",
                ',',
                'tier.tier_no'
            ),
        ]) }} as inputs_hash,
        ' – minimum' as label_suffix,
    from unit
    inner join tier
        on unit.sale_key = tier.sale_key
    inner join {{ ref('stg_service') }} as service
        on tier.service_code = service.service_code
    where tier.counted_quantity <> 0
    group by
        unit.sale_key, unit.mission_id, unit.metric_month, unit.metric_month_start, unit.home_month,
        tier.service_code, service.minimum_amount
    having count(tier.amount) = count(*) and sum(tier.amount) < service.minimum_amount

),

unioned as (

    select * from tier_item
    union all
    select * from minimum_item

)

select
    unioned.item_key as identity,
    unioned.item_key,
    unioned.item_key as line_key,
    'UNIT' as billing_mode,
    mission.client_id,
    mission.client_file_id,
    mission.fy_label,
    unioned.mission_id,
    unioned.service_code,
    service.label || unioned.label_suffix as label,
    unioned.metric_month_start as period_start,
    {{ last_day_of_month('unioned.metric_month_start') }} as period_end,
    {{ month_end_of(month_start('unioned.home_month')) }} as due_date,
    unioned.home_month as origin_month,
    unioned.quantity,
    unioned.unit_price,
    unioned.discount_pct,
    unioned.amount,
    cast(null as bigint) as minutes,
    unioned.amount as agreed_amount,
    cast(null as integer) as document_version,
    unioned.inputs_hash,
    cast(null as {{ text_type() }}) as source_hash,
    'payroll_metric ' || unioned.metric_month as source_ref,
from unioned
inner join {{ ref('stg_mission') }} as mission
    on unioned.mission_id = mission.mission_id
inner join {{ ref('stg_service') }} as service
    on unioned.service_code = service.service_code
