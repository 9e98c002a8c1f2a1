-- What each counter of a due rule has run since it was billed, reading by reading: for a cumulative one the difference
-- from the reading before; for another what the reading counts for its period (the least, the greatest, the sum or the
-- mean of them, as its formula says). Grain: rule_id × technical_id × source_table × source_key.
with counter as (

    select
        counter.*,
        upper(coalesce(quantity.formula, 'SUM')) as aggregate,
    from {{ ref('int_contract_counter') }} as counter
    inner join {{ ref('stg_quantity') }} as quantity
        on counter.technical_id = quantity.quantity_id
    where exists (select 1 from {{ ref('int_contract_metered') }} as metered where metered.rule_id = counter.rule_id)

),

followed as (

    select
        counter.rule_id,
        counter.technical_id,
        reading.reading_date,
        reading.place_in_day,
        reading.origin,
        reading.value,
        'meter_reading' as source_table,
        reading.source_key,
        reading.source_file,
        reading.source_row,
    from counter
    inner join {{ ref('int_meter_reading') }} as reading
        on counter.technical_id = reading.quantity_id
    where
        (counter.is_cumulative or reading.origin <> 'INSTALLATION')
        and (
            counter.opening_date is null
            or reading.reading_date > counter.opening_date
            or (
                counter.is_cumulative
                and reading.reading_date = counter.opening_date
                and reading.place_in_day > counter.opening_place
            )
        )
        and (reading.origin <> 'ESTIMATE' or counter.allows_estimates)

    union all

    select
        rule_id,
        technical_id,
        reading_date,
        9,
        'ESTIMATE',
        value,
        'estimate',
        technical_id || '|' || cast(reading_date as {{ text_type() }}),
        cast(null as {{ text_type() }}),
        cast(null as bigint),
    from {{ ref('int_counter_estimate') }}

),

stepped as (

    select
        followed.*,
        counter.is_cumulative,
        counter.aggregate,
        coalesce(lag(followed.value) over places, counter.opening_value) as previous_value,
        coalesce(lag(followed.origin) over places, counter.opening_origin) as previous_origin,
        row_number() over places as step_no,
        count(*) over (partition by followed.rule_id, followed.technical_id, metered.identity) as steps,
        row_number() over (
            partition by followed.rule_id, followed.technical_id, metered.identity
            order by
                case counter.aggregate when 'MIN' then followed.value else -followed.value end,
                followed.reading_date, followed.place_in_day
        ) as rank_by_value,
        sum(followed.value) over places_of_period as value_after,
    from followed
    inner join counter
        on followed.rule_id = counter.rule_id and followed.technical_id = counter.technical_id
    left join {{ ref('int_contract_metered') }} as metered
        on
            followed.rule_id = metered.rule_id
            and followed.reading_date > metered.read_after
            and followed.reading_date <= metered.read_until
    window
        places as (
            partition by followed.rule_id, followed.technical_id
            order by followed.reading_date, followed.place_in_day, followed.origin
        ),
        places_of_period as (
            partition by followed.rule_id, followed.technical_id, metered.identity
            order by followed.reading_date, followed.place_in_day, followed.origin
            rows between unbounded preceding and current row
        )

)

select
    rule_id,
    technical_id,
    reading_date,
    place_in_day,
    origin,
    value,
    step_no,
    cast(
        case
            when is_cumulative then {{ counter_step('origin', 'value', 'previous_origin', 'previous_value') }}
            when aggregate in ('MIN', 'MAX') then case when rank_by_value = 1 then value else 0 end
            when aggregate in ('MEAN', 'AVG', 'MOYENNE')
                then
                    {{ units_decimal(round_ratio(decimal_units('value_after', 4), 'steps'), 4) }}
                    - {{ units_decimal(round_ratio(decimal_units('value_after - value', 4), 'steps'), 4) }}
            else value
        end as decimal(18, 4)
    ) as units,
    source_table,
    source_key,
    source_file,
    source_row,
from stepped
