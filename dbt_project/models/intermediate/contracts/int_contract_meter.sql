-- Up to where each true-up and consumption bills each of its counters, for a validation to record: the last reading of
-- its period. A device that came has billed nothing yet; what is carried stays where it was.
-- Grain: identity × quantity_id.
with bounded as (

    select
        consumption.identity,
        consumption.rule_id,
        counter.technical_id,
        counter.opening_date,
        counter.opening_origin,
        counter.opening_value,
        metered.read_until,
        least(coalesce(usage.billed_until, consumption.billed_until), consumption.billed_until) as bound,
    from {{ ref('int_contract_consumption') }} as consumption
    inner join {{ ref('int_contract_metered') }} as metered
        on consumption.identity = metered.identity
    inner join {{ ref('int_contract_counter') }} as counter
        on consumption.rule_id = counter.rule_id
    inner join {{ ref('stg_quantity') }} as quantity
        on counter.technical_id = quantity.quantity_id
    left join {{ ref('int_contract_usage') }} as usage
        on consumption.identity = usage.identity and quantity.asset_id = usage.asset_id
    where consumption.quantity is not null

),

ranked as (

    select
        bounded.*,
        step.reading_date,
        step.origin,
        step.value,
        row_number() over (
            partition by bounded.identity, bounded.technical_id
            order by step.reading_date desc nulls last, step.step_no desc
        ) as recency,
    from bounded
    left join {{ ref('int_counter_step') }} as step
        on
            bounded.rule_id = step.rule_id
            and bounded.technical_id = step.technical_id
            and step.reading_date <= bounded.bound
            and step.origin <> 'INSTALLATION'

)

select
    identity,
    rule_id,
    technical_id as quantity_id,
    read_until,
    opening_date,
    opening_value,
    coalesce(reading_date, opening_date) as closing_date,
    coalesce(origin, opening_origin) as closing_origin,
    coalesce(value, opening_value) as closing_value,
from ranked
where recency = 1 and coalesce(reading_date, opening_date) is not null
