-- Services added on the fly, at the price typed for them, else the catalogue's by tier. Grain: item_key.
with adhoc as (

    select
        adhoc.*,
        home_month.month,
    from {{ ref('stg_adhoc_service') }} as adhoc
    inner join {{ ref('int_home_month') }} as home_month
        on {{ month_key('adhoc.service_date') }} = home_month.month

),

priced as (

    select
        adhoc_id,
        1 as tier_no,
        quantity,
        unit_price,
        cast(null as decimal(9, 4)) as discount_pct,
        {{ line_amount('quantity', 'unit_price', 'null') }} as amount,
    from adhoc
    where unit_price is not null

    union all

    select
        adhoc.adhoc_id,
        tier.tier_no,
        tier.quantity,
        tier.unit_price,
        tier.discount_pct,
        tier.amount,
    from adhoc
    inner join {{ ref('int_sale_tier') }} as tier
        on 'ADHOC|' || adhoc.adhoc_id = tier.sale_key

),

fiscal_year as (

    -- Without a mission, the fiscal year is the one the service date falls in.
    select
        adhoc.adhoc_id,
        min(fiscal_year.fy_label) as fy_label,
    from adhoc
    inner join {{ ref('stg_fiscal_year') }} as fiscal_year
        on
            adhoc.client_file_id = fiscal_year.client_file_id
            and adhoc.service_date between fiscal_year.start_date and fiscal_year.end_date
    where adhoc.mission_id is null
    group by adhoc.adhoc_id

)

select
    'ADHOC|' || adhoc.adhoc_id || '|' || priced.tier_no as identity,
    'ADHOC|' || adhoc.adhoc_id || '|' || priced.tier_no as item_key,
    'ADHOC|' || adhoc.adhoc_id || '|' || priced.tier_no as line_key,
    'ADHOC' as billing_mode,
    client_file.client_id,
    adhoc.client_file_id,
    coalesce(mission.fy_label, fiscal_year.fy_label) as fy_label,
    adhoc.mission_id,
    adhoc.service_code,
    coalesce(adhoc.label, service.label) as label,
    adhoc.service_date as period_start,
    adhoc.service_date as period_end,
    adhoc.service_date as due_date,
    adhoc.month as origin_month,
    priced.quantity,
    priced.unit_price,
    priced.discount_pct,
    priced.amount,
    cast(null as bigint) as minutes,
    priced.amount as agreed_amount,
    cast(null as integer) as document_version,
    {{ fingerprint([
        'adhoc.client_file_id', 'adhoc.mission_id', 'adhoc.service_code', 'adhoc.service_date', 'adhoc.quantity',
        'adhoc.unit_price', 'priced.unit_price', 'priced.discount_pct',
    ]) }} as inputs_hash,
    cast(null as {{ text_type() }}) as source_hash,
    'adhoc_service ' || adhoc.source_key as source_ref,
    adhoc.adhoc_id,
from adhoc
inner join priced
    on adhoc.adhoc_id = priced.adhoc_id
inner join {{ ref('stg_client_file') }} as client_file
    on adhoc.client_file_id = client_file.client_file_id
inner join {{ ref('stg_service') }} as service
    on adhoc.service_code = service.service_code
left join {{ ref('stg_mission') }} as mission
    on adhoc.mission_id = mission.mission_id
left join fiscal_year
    on adhoc.adhoc_id = fiscal_year.adhoc_id
