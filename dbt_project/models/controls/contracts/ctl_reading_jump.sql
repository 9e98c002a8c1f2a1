-- AN-09, to be looked at. Scope: what counters ran between two readings since they were last billed, once two stretches
-- before tell what is usual.
with stretch as (

    select
        quantity_id,
        reading_key,
        reading_date,
        position,
        {{ counter_step('origin', 'value', 'previous_origin', 'previous_value') }} as volume,
        {{ days_between('previous_date', 'reading_date') }} as days,
    from {{ ref('int_counter_history') }}
    where origin <> 'INSTALLATION' and previous_date < reading_date

),

usual as (

    select
        *,
        sum(volume) over earlier as earlier_volume,
        sum(days) over earlier as earlier_days,
        count(*) over earlier as earlier_stretches,
    from stretch
    window earlier as (partition by quantity_id order by position rows between unbounded preceding and 1 preceding)

)

select
    {{ control_case(
        "counter.rule_id || '|' || usual.reading_key || '|' || usual.position", 'reading', 'usual.reading_key', 'rule.client_id',
        'cast(null as ' ~ text_type() ~ ')',
        severity="'warning'", amount_at_stake='stake.metered_amount', hold_key='rule.rule_id',
        contract_id='rule.contract_id'
    ) }},
    cast(usual.volume as decimal(18, 4)) as volume,
    {{ units_decimal(
        floor_divide(
            decimal_units('usual.earlier_volume', 4) ~ ' * usual.days * '
            ~ decimal_units('run_context.estimate_jump_factor', 4),
            '10000 * ' ~ wide_integer('usual.earlier_days')
        ),
        4
    ) }} as jump_bound,
    {{ ratio(decimal_units('usual.earlier_volume', 4) ~ ' * usual.days', wide_integer('usual.earlier_days') ~ ' * 10000', 0 + 1) }}
        as usual_volume,
from usual
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('int_contract_counter') }} as counter
    on usual.quantity_id = counter.technical_id
inner join {{ ref('int_contract_rule') }} as rule
    on counter.rule_id = rule.rule_id
left join {{ ref('int_contract_stake') }} as stake
    on counter.rule_id = stake.rule_id
where
    usual.earlier_stretches >= 2
    and usual.earlier_volume > 0
    and usual.reading_date > coalesce(counter.opening_date, {{ beginning_of_time() }})
