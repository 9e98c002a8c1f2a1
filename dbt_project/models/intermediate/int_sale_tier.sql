-- Each sale cut into price tiers. One row per tier that holds a part of the quantity (the first tier when there is none);
-- what no tier covers keeps a row with a NULL price. Grain: sale_key × tier_no.
with sale as (

    select
        *,
        {{ quantity_after_free('quantity', 'free_quantity') }} as billed_quantity,
    from {{ ref('int_sale') }}

),

terms as (

    select
        sale.sale_key,
        client_terms.*,
        row_number() over (
            partition by sale.sale_key
            order by client_terms.precedence, client_terms.valid_from desc, client_terms.price_key
        ) as choice,
    from sale
    inner join {{ ref('int_client_terms') }} as client_terms
        on
            sale.client_file_id = client_terms.client_file_id
            and sale.service_code = client_terms.service_code
            and client_terms.valid_from <= sale.price_date
            and client_terms.valid_to >= sale.price_date

),

catalogue as (

    -- The latest price list in force that day: all tiers of one valid_from.
    select
        sale.sale_key,
        price.up_to,
        price.unit_price,
        price.price_key,
        rank() over (partition by sale.sale_key order by price.valid_from desc) as recency,
    from sale
    inner join {{ ref('stg_price') }} as price
        on
            sale.service_code = price.service_code
            and price.valid_from <= sale.price_date
            and price.valid_to >= sale.price_date

),

tier as (

    select
        sale_key,
        row_number() over (partition by sale_key order by up_to nulls last) as tier_no,
        coalesce(lag(up_to) over (partition by sale_key order by up_to nulls last), 0) as lower_bound,
        up_to as upper_bound,
        unit_price,
        'price' as price_table,
        price_key,
    from catalogue
    where recency = 1

),

client_tier as (

    -- A price of the client's own has no tiers.
    select
        sale_key,
        1 as tier_no,
        cast(0 as decimal(18, 4)) as lower_bound,
        cast(null as decimal(18, 4)) as upper_bound,
        unit_price,
        price_table,
        price_key,
    from terms
    where choice = 1 and unit_price is not null

),

effective_tier as (

    select * from client_tier
    union all
    select tier.*
    from tier
    left join client_tier
        on tier.sale_key = client_tier.sale_key
    where client_tier.sale_key is null

),

service as (

    select * from {{ ref('stg_service') }}

),

cut as (

    select
        sale.sale_key,
        effective_tier.tier_no,
        effective_tier.lower_bound,
        effective_tier.upper_bound,
        {{ tier_quantity(
            'sale.billed_quantity', 'effective_tier.lower_bound', 'effective_tier.upper_bound', 'service.tier_mode'
        ) }} as quantity,
        effective_tier.unit_price,
        effective_tier.price_table,
        effective_tier.price_key,
    from sale
    inner join effective_tier
        on sale.sale_key = effective_tier.sale_key
    inner join service
        on sale.service_code = service.service_code

),

covered as (

    select
        sale_key,
        sum(quantity) as quantity,
        max(tier_no) as last_tier_no,
        max(upper_bound) as last_bound,
    from cut
    group by sale_key

),

uncovered as (

    select
        sale.sale_key,
        coalesce(covered.last_tier_no, 0) + 1 as tier_no,
        coalesce(covered.last_bound, 0) as lower_bound,
        cast(null as decimal(18, 4)) as upper_bound,
        cast(sale.billed_quantity - coalesce(covered.quantity, 0) as decimal(18, 4)) as quantity,
        cast(null as decimal(18, 6)) as unit_price,
        cast(null as {{ text_type() }}) as price_table,
        cast(null as {{ text_type() }}) as price_key,
    from sale
    left join covered
        on sale.sale_key = covered.sale_key
    where covered.sale_key is null or sale.billed_quantity <> covered.quantity

),

unioned as (

    select * from cut where tier_no = 1 or quantity <> 0
    union all
    select * from uncovered

),

kept as (

    -- The first tier stays when it is all there is: an explicit zero is a line of 0.00.
    select
        *,
        count(*) over (partition by sale_key) as tiers,
    from unioned

)

select
    kept.sale_key,
    kept.tier_no,
    service.tier_mode,
    sale.client_file_id,
    sale.service_code,
    sale.quantity as counted_quantity,
    sale.free_quantity,
    kept.lower_bound,
    kept.upper_bound,
    kept.quantity,
    kept.unit_price,
    terms.discount_pct,
    kept.price_table,
    kept.price_key,
    -- What the sale was counted and priced from, for a later change to be seen.
    sale.counted || ' ' || cast(sale.free_quantity as {{ text_type() }}) || ' ' || service.tier_mode as facts,
    {{ line_amount('kept.quantity', 'kept.unit_price', 'terms.discount_pct') }} as amount,
from kept
inner join sale
    on kept.sale_key = sale.sale_key
inner join service
    on sale.service_code = service.service_code
left join terms
    on kept.sale_key = terms.sale_key and terms.choice = 1
where kept.quantity <> 0 or kept.tiers = 1
