-- The input rows behind each item, with the part of the quantity each accounts for: what evidence is made of.
-- Grain: item_key × source_table × source_key × source_file × source_row.
with flat_source as (

    select
        line_key as item_key,
        source_table,
        source_key,
        source_file,
        source_row,
        cast(1 as decimal(18, 4)) as quantity,
        cast(null as bigint) as minutes,
        case when index_key is not null then 'price_index' end as price_table,
        index_key as price_key,
        false as is_manual,
    from {{ ref('int_plan_line') }}
    inner join {{ ref('int_flat_item') }}
        using (line_key)
    -- An older version of a letter may carry an instalment of the same key.
    where state = 'LIVE'

),

declared as (

    -- Each establishment takes its place in the running quantity of the sale, smallest SIRET first.
    select
        'UNIT|' || mission_id || '|' || service_code || '|' || metric_month as sale_key,
        source_key,
        source_file,
        source_row,
        quantity,
        is_manual,
        (sum(quantity) over places) - quantity as quantity_before,
        sum(quantity) over places as quantity_after,
        row_number() over places as place,
    from {{ ref('int_unit_declaration') }}
    where source_key is not null
    window places as (
        partition by mission_id, service_code, metric_month order by siret, metric_code, source_key
        rows between unbounded preceding and current row
    )

),

tier as (

    -- Where the tier begins and ends in the counted quantity, free units first.
    select
        *,
        least(free_quantity, counted_quantity) + case when tier_mode = 'VOLUME' then 0 else lower_bound end as starts_at,
        least(free_quantity, counted_quantity) + case when tier_mode = 'VOLUME' then 0 else lower_bound end + quantity
            as ends_at,
        row_number() over (partition by sale_key order by tier_no) as rank_in_sale,
    from {{ ref('int_sale_tier') }}

),

unit_source as (

    select
        tier.sale_key || '|' || tier.tier_no as item_key,
        'payroll_metric' as source_table,
        declared.source_key,
        declared.source_file,
        declared.source_row,
        cast(
            greatest(
                least(declared.quantity_after, tier.ends_at) - greatest(declared.quantity_before, tier.starts_at), 0
            ) as decimal(18, 4)
        ) as quantity,
        cast(null as bigint) as minutes,
        tier.price_table,
        tier.price_key,
        declared.is_manual,
    from tier
    inner join declared
        on tier.sale_key = declared.sale_key
    where
        -- An establishment whose units are all free, or that counts none, still shows with the first tier.
        tier.rank_in_sale = 1
        or least(declared.quantity_after, tier.ends_at) > greatest(declared.quantity_before, tier.starts_at)

),

minimum_source as (

    select
        item.item_key,
        'service' as source_table,
        service.service_code as source_key,
        service.source_file,
        service.source_row,
        cast(1 as decimal(18, 4)) as quantity,
        cast(null as bigint) as minutes,
        cast(null as {{ text_type() }}) as price_table,
        cast(null as {{ text_type() }}) as price_key,
        false as is_manual,
    from {{ ref('int_unit_item') }} as item
    inner join {{ ref('stg_service') }} as service
        on item.service_code = service.service_code
    where item.item_key like '%|MIN'

),

time_source as (

    select
        item.item_key,
        'time_entry' as source_table,
        item.entry_key as source_key,
        entry.source_file,
        entry.source_row,
        cast(null as decimal(18, 4)) as quantity,
        item.minutes,
        case when entry.rate_key is not null then 'selling_rate' end as price_table,
        entry.rate_key as price_key,
        false as is_manual,
    from {{ ref('int_time_item') }} as item
    inner join {{ ref('int_time_entry_capped') }} as entry
        on item.entry_key = entry.entry_key

),

adhoc_source as (

    select
        item.item_key,
        'adhoc_service' as source_table,
        adhoc.source_key,
        adhoc.source_file,
        adhoc.source_row,
        item.quantity,
        cast(null as bigint) as minutes,
        tier.price_table,
        tier.price_key,
        false as is_manual,
    from {{ ref('int_adhoc_item') }} as item
    inner join {{ ref('stg_adhoc_service') }} as adhoc
        on item.adhoc_id = adhoc.adhoc_id
    left join {{ ref('int_sale_tier') }} as tier
        on item.item_key = tier.sale_key || '|' || tier.tier_no

),

contract_source as (

    select
        identity as item_key,
        source_table,
        source_key,
        source_file,
        source_row,
        quantity,
        cast(null as bigint) as minutes,
        cast(null as {{ text_type() }}) as price_table,
        cast(null as {{ text_type() }}) as price_key,
        false as is_manual,
    from {{ ref('int_contract_source') }}

),

unioned as (

    select * from flat_source
    union all
    select * from unit_source
    union all
    select * from minimum_source
    union all
    select * from time_source
    union all
    select * from adhoc_source
    union all
    select * from contract_source

)

select
    item.item_key,
    unioned.source_table,
    unioned.source_key,
    unioned.source_file,
    unioned.source_row,
    unioned.quantity,
    unioned.minutes,
    unioned.price_table,
    unioned.price_key,
    unioned.is_manual,
from unioned
inner join {{ ref('int_item_run') }} as item
    on unioned.item_key = item.source_item_key

union all

-- What a reversal takes back is a validated line.
select
    item_key,
    'ledger',
    adjusts_line_key,
    cast(null as {{ text_type() }}),
    cast(null as bigint),
    case when minutes is null then quantity end,
    minutes,
    cast(null as {{ text_type() }}),
    cast(null as {{ text_type() }}),
    false,
from {{ ref('int_item_net') }}
where kind = 'REVERSAL'
