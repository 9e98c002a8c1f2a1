-- Quantities to price by the catalogue: units of a payroll month, summed over their establishments, and ad-hoc services
-- nobody typed a price for. Grain: sale_key.
with unit as (

    select
        mission_id,
        client_file_id,
        service_code,
        metric_month,
        metric_month_start as price_date,
        sum(quantity) as quantity,
        {{ join_ordered(
            "siret || ' ' || metric_code || ' ' || cast(quantity as " ~ text_type() ~ ")", ',', 'siret, metric_code'
        ) }} as counted,
    from {{ ref('int_unit_declaration') }}
    where source_key is not null
    group by mission_id, client_file_id, service_code, metric_month, metric_month_start

),

service as (

    select * from {{ ref('stg_service') }}

),

unit_sale as (

    select
        'UNIT|' || unit.mission_id || '|' || unit.service_code || '|' || unit.metric_month as sale_key,
        unit.client_file_id,
        unit.service_code,
        unit.price_date,
        cast(unit.quantity as decimal(18, 4)) as quantity,
        service.free_quantity,
        unit.counted,
    from unit
    inner join service
        on unit.service_code = service.service_code

),

adhoc_sale as (

    select
        'ADHOC|' || adhoc.adhoc_id as sale_key,
        adhoc.client_file_id,
        adhoc.service_code,
        adhoc.service_date as price_date,
        adhoc.quantity,
        cast(0 as decimal(18, 4)) as free_quantity,
        cast(adhoc.quantity as {{ text_type() }}) as counted,
    from {{ ref('stg_adhoc_service') }} as adhoc
    inner join {{ ref('int_home_month') }} as home_month
        on {{ month_key('adhoc.service_date') }} = home_month.month
    where adhoc.unit_price is null

)

select * from unit_sale
union all
select * from adhoc_sale
