-- What the counters of due rules would show at the control date where the rule allows for it and no reading since the
-- last one billed is recent enough: the last actual reading plus the mean monthly volume of the year before it, to whole
-- units. Nothing runs on after a device was taken away. Grain: rule_id × technical_id.
with run_context as (

    select * from {{ ref('stg_run_context') }}

),

counter as (

    select
        counter.rule_id,
        counter.technical_id,
        max(reading.reading_date) as last_date,
    from {{ ref('int_contract_counter') }} as counter
    inner join {{ ref('stg_quantity') }} as quantity
        on counter.technical_id = quantity.quantity_id
    left join {{ ref('int_meter_reading') }} as reading
        on
            counter.technical_id = reading.quantity_id
            and reading.origin <> 'INSTALLATION'
            and reading.reading_date > coalesce(counter.opening_date, {{ beginning_of_time() }})
    where
        counter.allows_estimates
        and quantity.is_cumulative
        and exists (select 1 from {{ ref('int_contract_metered') }} as metered where metered.rule_id = counter.rule_id)
    group by counter.rule_id, counter.technical_id

),

wanted as (

    select
        counter.rule_id,
        counter.technical_id,
    from counter
    cross join run_context
    inner join {{ ref('int_contract_rule') }} as rule
        on counter.rule_id = rule.rule_id
    where
        counter.last_date is null
        or counter.last_date < {{ add_days('run_context.control_date', '-rule.estimate_lookback_days') }}

),

since as (

    -- From the last actual reading to now, in whole months and days of the month begun.
    select
        volume.*,
        run_context.control_date,
        {{ months_since('volume.last_date', 'run_context.control_date', day_of_month('volume.last_date')) }} as months_on,
    from {{ ref('int_counter_volume') }} as volume
    cross join run_context
    where not volume.is_removed

),

measured as (

    select
        *,
        {{ anchored_date('last_date', 'months_on', day_of_month('last_date')) }} as month_on,
        {{ anchored_date('last_date', 'months_on + 1', day_of_month('last_date')) }} as next_month_on,
    from since

)

select
    wanted.rule_id,
    wanted.technical_id,
    measured.control_date as reading_date,
    -- volume / (months of the past) × (months since), as one fraction.
    cast(
        measured.last_value + {{ round_ratio(
            decimal_units('measured.volume', 4)
            ~ ' * (measured.months_on * ' ~ days_between('measured.month_on', 'measured.next_month_on')
            ~ ' + ' ~ days_between('measured.month_on', 'measured.control_date') ~ ')'
            ~ ' * measured.month_days',
            '10000 * ' ~ days_between('measured.month_on', 'measured.next_month_on') ~ ' * measured.past_days'
        ) }} as decimal(18, 4)
    ) as value,
from wanted
inner join measured
    on wanted.technical_id = measured.technical_id
