-- The readings behind each true-up and consumption due, with what each adds to it: the units of the counter since the
-- reading before, times what its formula makes of them. Grain: identity × technical_id × source_table × source_key.
with factor as (

    select
        attached.rule_id,
        quantity.asset_id,
        term.technical_id,
        cast(sum(term.coefficient) as decimal(18, 4)) as coefficient,
    from {{ ref('stg_rule_quantity') }} as attached
    inner join {{ ref('stg_quantity') }} as quantity
        on attached.quantity_id = quantity.quantity_id
    inner join {{ ref('int_quantity_term') }} as term
        on attached.quantity_id = term.quantity_id
    where term.technical_id is not null
    group by attached.rule_id, quantity.asset_id, term.technical_id

)

select
    metered.identity,
    metered.rule_id,
    factor.asset_id,
    step.technical_id,
    step.reading_date,
    step.place_in_day,
    step.origin,
    step.value,
    row_number() over (
        partition by metered.identity, step.technical_id
        order by step.reading_date desc, step.place_in_day desc, step.origin desc
    ) = 1 as is_closing,
    cast(factor.coefficient * step.units as decimal(18, 4)) as units,
    step.source_table,
    step.source_key,
    step.source_file,
    step.source_row,
from {{ ref('int_contract_metered') }} as metered
inner join factor
    on metered.rule_id = factor.rule_id
inner join {{ ref('int_counter_step') }} as step
    on
        metered.rule_id = step.rule_id
        and factor.technical_id = step.technical_id
        and step.reading_date > metered.read_after
        and step.reading_date <= metered.read_until
