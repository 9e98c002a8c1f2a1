-- AN-23. Scope: quantities in use of one asset and one code of which the newer has at most one reading, one of them billed
-- by an active rule.
with quantity as (

    select
        quantity.quantity_id,
        quantity.asset_id,
        quantity.predefined_code,
        coalesce(quantity.created_on, asset.installed_on, {{ beginning_of_time() }}) as since,
    from {{ ref('stg_quantity') }} as quantity
    cross join {{ ref('stg_run_context') }} as run_context
    inner join {{ ref('stg_asset') }} as asset
        on quantity.asset_id = asset.asset_id
    where
        quantity.kind = 'TECHNICAL'
        and quantity.predefined_code is not null
        and coalesce(quantity.created_on, run_context.control_date) <= run_context.control_date
        and quantity.retired_on > run_context.control_date

),

twin as (

    select
        newer.quantity_id,
        newer.since,
        older.quantity_id as older_quantity_id,
    from quantity as newer
    inner join quantity as older
        on
            newer.asset_id = older.asset_id
            and newer.predefined_code = older.predefined_code
            and (
                older.since < newer.since or (older.since = newer.since and older.quantity_id < newer.quantity_id)
            )

),

counted as (

    select
        twin.quantity_id,
        twin.older_quantity_id,
        count(distinct case when reading.quantity_id = twin.quantity_id then reading.source_key end) as newer_readings,
        count(
            distinct case
                when reading.quantity_id = twin.older_quantity_id and reading.reading_date >= twin.since
                    then reading.source_key
            end
        ) as older_readings_since,
    from twin
    left join {{ ref('int_meter_reading') }} as reading
        on reading.quantity_id in (twin.quantity_id, twin.older_quantity_id)
    group by twin.quantity_id, twin.older_quantity_id

),

billed as (

    select distinct
        counted.quantity_id,
        counted.older_quantity_id,
        counter.rule_id,
    from counted
    inner join {{ ref('int_contract_counter') }} as counter
        on counter.technical_id in (counted.quantity_id, counted.older_quantity_id)

)

select
    {{ control_case(
        "counted.quantity_id || '|' || counted.older_quantity_id || '|' || rule.rule_id", 'quantity', 'counted.quantity_id', 'rule.client_id',
        'cast(null as ' ~ text_type() ~ ')',
        amount_at_stake='stake.metered_amount', hold_scope='metered', hold_key='rule.rule_id',
        contract_id='rule.contract_id'
    ) }},
    counted.older_quantity_id,
    counted.newer_readings,
    counted.older_readings_since,
from counted
cross join {{ ref('stg_run_context') }} as run_context
inner join billed
    on counted.quantity_id = billed.quantity_id and counted.older_quantity_id = billed.older_quantity_id
inner join {{ ref('int_contract_rule') }} as rule
    on billed.rule_id = rule.rule_id
left join {{ ref('int_contract_stake') }} as stake
    on rule.rule_id = stake.rule_id
where counted.newer_readings <= 1
