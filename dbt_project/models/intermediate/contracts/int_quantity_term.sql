-- What each quantity is read from: itself when it is technical, the terms of its formula when it is computed, formulas
-- within formulas followed four deep. A formula is terms joined by + and -, each a quantity of the same asset by its
-- code or its id, with or without a factor: `BW + 2 * COLOUR`. What names nothing, or leads back to itself, has no
-- technical quantity; no more has what is made of more terms, or of larger factors, than any meter needs.
-- Grain: quantity_id × path.
{% set number = '[0-9]{1,4}(?:[.,][0-9]{1,4})?' %}
{% set most_terms = 100 %}
{% set largest_coefficient = 10000 %}
with quantity as (

    select
        quantity_id,
        asset_id,
        predefined_code,
        kind,
        formula,
        created_on,
        retired_on,
    from {{ ref('stg_quantity') }}

),

named as (

    -- A code may have been given anew: the quantity in use, then the latest, answers to it.
    select
        asset_id,
        name,
        quantity_id,
    from (
        select
            *,
            row_number() over (
                partition by asset_id, name order by by_id desc, retired_on desc, created_on desc, quantity_id
            ) as choice,
        from (
            select asset_id, quantity_id as name, quantity_id, 1 as by_id, retired_on, created_on from quantity
            union all
            select asset_id, predefined_code, quantity_id, 0, retired_on, created_on
            from quantity
            where predefined_code is not null
        )
    )
    where choice = 1

),

piece as (

    -- Parts between plus signs, a minus kept with what it takes away when a space sets it apart.
    select
        quantity.quantity_id,
        quantity.asset_id,
        trim(part) as body,
        {{ begins_with("trim(part)", "'-'") }} as is_negative,
    from quantity
    cross join {{ split_parts(set_apart_minus('quantity.formula'), '+', 'part') }}
    where quantity.kind = 'COMPUTED'

),

factored as (

    select
        quantity_id,
        asset_id,
        is_negative,
        {{ extract_match("body", "^-?\\s*(" ~ number ~ ")\\s*[*]", 1) }} as factor_before,
        {{ extract_match("body", "[*]\\s*(" ~ number ~ ")$", 1) }} as factor_after,
        {{ extract_match("body", "^-?\\s*(?:" ~ number ~ "\\s*[*]\\s*)?(.*?)(?:\\s*[*]\\s*" ~ number ~ ")?$", 1) }} as name,
    from piece

),

coefficient as (

    select
        factored.quantity_id,
        factored.asset_id,
        factored.name,
        named.quantity_id is not null as is_known,
        cast(
            case when factored.is_negative then -1 else 1 end
            * cast(coalesce(replace(nullif(factored.factor_before, ''), ',', '.'), '1') as decimal(38, 4))
            * cast(coalesce(replace(nullif(factored.factor_after, ''), ',', '.'), '1') as decimal(38, 4))
            as decimal(18, 4)
        ) as coefficient,
    from factored
    left join named
        on factored.asset_id = named.asset_id and factored.name = named.name

),

term as (

    select
        quantity_id,
        asset_id,
        name,
        coefficient,
    from coefficient
    where is_known

    union all

    -- A hyphen that belongs to no name is a minus.
    select
        coefficient.quantity_id,
        coefficient.asset_id,
        trim(split_part(coefficient.name, '-', cast(part_no as integer))),
        case when part_no = 1 then coefficient.coefficient else -coefficient.coefficient end,
    from coefficient
    cross join {{ integers(
        1, "length(coefficient.name) - length(replace(coefficient.name, '-', '')) + 1", 'part_no'
    ) }}
    where not coefficient.is_known

),

resolved as (

    select
        term.quantity_id,
        term.name,
        term.coefficient,
        named.quantity_id as term_quantity_id,
    from term
    left join named
        on term.asset_id = named.asset_id and term.name = named.name

),

-- How many terms each quantity comes to, counted before any is followed.
terms_0 as (

    select
        quantity_id,
        kind,
        cast(1 as bigint) as terms,
    from quantity

),

{% for depth in range(1, 6) %}
terms_{{ depth }} as (

    select
        quantity.quantity_id,
        quantity.kind,
        least(cast(coalesce(sum(coalesce(inner_terms.terms, 1)), 1) as bigint), {{ most_terms }} + 1) as terms,
    from quantity
    left join resolved
        on quantity.quantity_id = resolved.quantity_id and quantity.kind = 'COMPUTED'
    left join terms_{{ depth - 1 }} as inner_terms
        on resolved.term_quantity_id = inner_terms.quantity_id
    group by quantity.quantity_id, quantity.kind

),

{% endfor %}
path_0 as (

    select
        quantity_id,
        case when terms <= {{ most_terms }} then quantity_id end as term_quantity_id,
        cast(1 as decimal(18, 4)) as coefficient,
        quantity_id as path,
    from terms_5

),

{% for depth in range(1, 6) %}
path_{{ depth }} as (

    select
        path.quantity_id,
        case when quantity.kind = 'COMPUTED' then resolved.term_quantity_id else path.term_quantity_id end
            as term_quantity_id,
        cast(
            case
                when quantity.kind is distinct from 'COMPUTED' then path.coefficient
                when abs(path.coefficient) <= {{ largest_coefficient }}
                    then cast(path.coefficient as decimal(38, 4)) * coalesce(resolved.coefficient, 1)
            end as decimal(18, 4)
        ) as coefficient,
        path.path || case
            when quantity.kind = 'COMPUTED' then ' > ' || coalesce(resolved.name, '')
            else ''
        end as path,
    from path_{{ depth - 1 }} as path
    left join quantity
        on path.term_quantity_id = quantity.quantity_id
    left join resolved
        on path.term_quantity_id = resolved.quantity_id and quantity.kind = 'COMPUTED'

),

{% endfor %}
followed as (

    select
        *,
        -- A coefficient too large to be followed is unknown.
        count(*) over (partition by quantity_id) = count(coefficient) over (partition by quantity_id)
        and sum(abs(coefficient)) over (partition by quantity_id) <= {{ largest_coefficient }} as is_sound,
    from path_5

)

select
    followed.quantity_id,
    followed.path,
    case when followed.is_sound then followed.coefficient else 1 end as coefficient,
    case when quantity.kind = 'TECHNICAL' and followed.is_sound then followed.term_quantity_id end as technical_id,
from followed
left join quantity
    on followed.term_quantity_id = quantity.quantity_id
