-- The rows behind each line of a contract: the rule or the record of a flat fee; for a true-up or a consumption the
-- readings, opening one included, the flat fees taken off, and what the rule offers or does not refund. Their quantities
-- add up to the line's, unknown where it is. Grain: identity × source_table × source_key.
with due as (

    select * from {{ ref('int_contract_due') }}

),

consumption as (

    select consumption.*
    from {{ ref('int_contract_consumption') }} as consumption
    inner join due
        on consumption.identity = due.identity

),

carried as (

    select
        identity,
        asset_id,
    from {{ ref('int_contract_usage') }}
    where is_carried

),

fee_source as (

    select
        due.identity,
        fee.source_table,
        fee.source_key,
        fee.source_file,
        fee.source_row,
        due.quantity,
    from due
    inner join {{ ref('int_contract_fee') }} as fee
        on due.rule_id = fee.rule_id and due.period_start = fee.period_start
    where due.billing_mode = 'CONTRACT_FLAT'

),

waiting_source as (

    -- Recorded by an earlier validation, with the figures it had.
    select
        due.identity,
        'ledger' as source_table,
        billed.line_key as source_key,
        cast(null as {{ text_type() }}) as source_file,
        cast(null as bigint) as source_row,
        due.quantity,
    from due
    inner join {{ ref('stg_ledger_contract_item') }} as billed
        on due.identity = billed.identity
    left join fee_source
        on due.identity = fee_source.identity
    where fee_source.identity is null

),

reading_source as (

    select
        reading.identity,
        reading.source_table,
        reading.source_key,
        reading.source_file,
        reading.source_row,
        case when carried.identity is null then reading.units else 0 end as quantity,
    from {{ ref('int_contract_reading') }} as reading
    inner join consumption
        on reading.identity = consumption.identity
    left join carried
        on reading.identity = carried.identity and reading.asset_id = carried.asset_id
    where consumption.quantity is not null

),

told as (

    select
        identity,
        sum(quantity) as units,
    from reading_source
    group by identity

),

rule_source as (

    -- What brings the sum to the quantity billed: offered units, what is not refunded, what an asset owes from before.
    select
        consumption.identity,
        'billing_rule' as source_table,
        rule.source_key,
        rule.source_file,
        rule.source_row,
        cast(consumption.quantity + consumption.counted_units - coalesce(told.units, 0) as decimal(18, 4)) as quantity,
    from consumption
    inner join {{ ref('int_contract_rule') }} as rule
        on consumption.rule_id = rule.rule_id
    left join told
        on consumption.identity = told.identity

),

counted_source as (

    select
        counted.identity,
        counted.source_table,
        counted.source_key,
        counted.source_file,
        counted.source_row,
        cast(-counted.included_units as decimal(18, 4)) as quantity,
    from {{ ref('int_contract_counted_fee') }} as counted
    inner join consumption
        on counted.identity = consumption.identity
    where consumption.quantity is not null

),

opening_source as (

    select distinct
        consumption.identity,
        counter.opening_table as source_table,
        counter.opening_key as source_key,
        counter.opening_file as source_file,
        counter.opening_row as source_row,
        cast(0 as decimal(18, 4)) as quantity,
    from consumption
    inner join {{ ref('int_contract_counter') }} as counter
        on consumption.rule_id = counter.rule_id
    where consumption.quantity is not null and counter.opening_key is not null

)

{% for source in [
    'fee_source', 'waiting_source', 'rule_source', 'counted_source', 'reading_source', 'opening_source'
] %}
select * from {{ source }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
