-- AN-09. Scope: days with readings of counters that active rules bill. The last value of a device that goes and the first
-- of the one that comes are two devices' on one day.
with reading_day as (

    select
        reading.quantity_id,
        reading.quantity_id || '|' || cast(reading.reading_date as {{ text_type() }}) as reading_key,
        reading.place_in_day = 1 as is_removal,
        count(distinct reading.value) as values_on_day,
    from {{ ref('int_meter_reading') }} as reading
    inner join {{ ref('stg_quantity') }} as quantity
        on reading.quantity_id = quantity.quantity_id and quantity.is_cumulative
    group by reading.quantity_id, reading.reading_date, reading.place_in_day = 1

)

select
    {{ control_case(
        "counter.rule_id || '|' || reading_day.reading_key || '|' || reading_day.is_removal", 'reading', 'reading_day.reading_key', 'rule.client_id',
        'cast(null as ' ~ text_type() ~ ')',
        amount_at_stake='stake.metered_amount', hold_scope='metered', hold_key='rule.rule_id',
        contract_id='rule.contract_id'
    ) }},
    reading_day.values_on_day,
from reading_day
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('int_contract_counter') }} as counter
    on reading_day.quantity_id = counter.technical_id
inner join {{ ref('int_contract_rule') }} as rule
    on counter.rule_id = rule.rule_id
left join {{ ref('int_contract_stake') }} as stake
    on counter.rule_id = stake.rule_id
