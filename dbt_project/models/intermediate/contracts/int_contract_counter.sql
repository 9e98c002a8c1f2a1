-- The technical quantities that active rules read, and where each begins to count: after the last reading billed, by a
-- validated line or before prefact; else from the last reading of the rule's last true-up or invoice; else from the
-- installation. Grain: rule_id × technical_id.
with counter as (

    select distinct
        rule.rule_id,
        term.technical_id,
        rule.allows_estimates,
        case rule.type when 'CONSUMED_UNITS' then rule.last_invoice_date else rule.last_true_up_date end as billed_through,
        quantity.is_cumulative,
    from {{ ref('int_contract_rule') }} as rule
    inner join {{ ref('stg_rule_quantity') }} as attached
        on rule.rule_id = attached.rule_id
    inner join {{ ref('int_quantity_term') }} as term
        on attached.quantity_id = term.quantity_id
    inner join {{ ref('stg_quantity') }} as quantity
        on term.technical_id = quantity.quantity_id
    where rule.is_active and rule.type <> 'FLAT_AMOUNT'

),

reading as (

    select * from {{ ref('int_meter_reading') }}

),

opening as (

    select
        rule_id,
        quantity_id as technical_id,
        1 as preference,
        closing_date as reading_date,
        -- A device that went leaves room on its day for the one that comes.
        case closing_origin when 'REMOVAL' then 1 else 9 end as place_in_day,
        closing_value as value,
        closing_origin as origin,
        'ledger' as source_table,
        line_key as source_key,
        cast(null as {{ text_type() }}) as source_file,
        cast(null as bigint) as source_row,
    from {{ ref('stg_ledger_meter') }}

    union all

    select
        counter.rule_id,
        counter.technical_id,
        case
            when reading.billed_ref is not null then 2
            when reading.reading_date <= counter.billed_through then 3
            else 4
        end,
        reading.reading_date,
        reading.place_in_day,
        reading.value,
        reading.origin,
        'meter_reading',
        reading.source_key,
        reading.source_file,
        reading.source_row,
    from counter
    inner join reading
        on counter.technical_id = reading.quantity_id
    where
        reading.billed_ref is not null
        or (
            reading.reading_date <= counter.billed_through
            and (reading.origin <> 'ESTIMATE' or counter.allows_estimates)
        )
        or reading.origin = 'INSTALLATION'

),

chosen as (

    select
        *,
        row_number() over (
            partition by rule_id, technical_id
            order by
                preference,
                -- The first installation, else the latest reading.
                case when preference = 4 then reading_date end,
                reading_date desc,
                place_in_day desc
        ) as choice,
    from opening

)

select
    counter.rule_id,
    counter.technical_id,
    counter.allows_estimates,
    counter.is_cumulative,
    chosen.preference as opening_kind,
    chosen.reading_date as opening_date,
    chosen.place_in_day as opening_place,
    chosen.value as opening_value,
    chosen.origin as opening_origin,
    chosen.source_table as opening_table,
    chosen.source_key as opening_key,
    chosen.source_file as opening_file,
    chosen.source_row as opening_row,
from counter
left join chosen
    on
        counter.rule_id = chosen.rule_id
        and counter.technical_id = chosen.technical_id
        and chosen.choice = 1
