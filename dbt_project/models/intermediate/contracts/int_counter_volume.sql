-- How much each cumulative counter ran in the year before its last actual reading (or since the one before that, when it
-- is alone in the year), and over how many months, as a fraction: past_days / month_days. Grain: technical_id.
with reading as (

    select
        reading.quantity_id,
        reading.reading_date,
        reading.place_in_day,
        reading.origin,
        reading.value,
        lag(reading.value) over places as previous_value,
        lag(reading.origin) over places as previous_origin,
        row_number() over (
            partition by reading.quantity_id
            order by reading.reading_date desc, reading.place_in_day desc, reading.origin desc
        ) as recency,
    from {{ ref('int_meter_reading') }} as reading
    inner join {{ ref('stg_quantity') }} as quantity
        on reading.quantity_id = quantity.quantity_id
    where quantity.kind = 'TECHNICAL' and quantity.is_cumulative and reading.origin <> 'ESTIMATE'
    window places as (
        partition by reading.quantity_id order by reading.reading_date, reading.place_in_day, reading.origin
    )

),

positioned as (

    select
        quantity_id,
        reading_date,
        place_in_day,
        origin,
        recency,
        value,
        coalesce(
            sum({{ counter_step('origin', 'value', 'previous_origin', 'previous_value') }}) over (
                partition by quantity_id order by recency desc
                rows between unbounded preceding and current row
            ), 0
        ) as position,
    from reading

),

latest as (

    select
        *,
        {{ add_months('reading_date', -12) }} as year_before,
    from positioned
    where recency = 1

),

earlier as (

    select
        positioned.quantity_id,
        positioned.reading_date,
        positioned.position,
        row_number() over (
            partition by positioned.quantity_id
            order by
                case when positioned.reading_date >= latest.year_before then 0 else 1 end,
                case when positioned.reading_date >= latest.year_before then positioned.recency end desc,
                positioned.recency
        ) as choice,
    from positioned
    inner join latest
        on positioned.quantity_id = latest.quantity_id
    where positioned.recency > 1

),

paired as (

    select
        latest.quantity_id as technical_id,
        latest.reading_date as last_date,
        -- After its last value before it passed zero a counter begins anew.
        case when latest.origin = 'ROLLOVER' then 0 else latest.value end as last_value,
        latest.origin = 'REMOVAL' as is_removed,
        cast(latest.position - earlier.position as decimal(18, 4)) as volume,
        earlier.reading_date as first_date,
        {{ months_since('earlier.reading_date', 'latest.reading_date', day_of_month('earlier.reading_date')) }} as months,
    from latest
    inner join earlier
        on latest.quantity_id = earlier.quantity_id and earlier.choice = 1
    where earlier.reading_date < latest.reading_date and latest.position >= earlier.position

),

measured as (

    select
        *,
        {{ anchored_date('first_date', 'months', day_of_month('first_date')) }} as month_begun,
        {{ anchored_date('first_date', 'months + 1', day_of_month('first_date')) }} as next_month,
    from paired

)

select
    technical_id,
    last_date,
    last_value,
    is_removed,
    volume,
    {{ days_between('month_begun', 'next_month') }} as month_days,
    months * {{ days_between('month_begun', 'next_month') }} + {{ days_between('month_begun', 'last_date') }} as past_days,
from measured
