-- People's decisions on lines, their value read by its kind: a percentage, an amount, or the month a line waits for.
-- What cannot be read decides nothing, and is told as a rejected row.
with adjustment as (

    select
        *,
        case
            when {{ matches('trim(value)', '^-?[0-9]{1,12}([.,][0-9]{1,4})?$') }}
                then cast(replace(trim(value), ',', '.') as decimal(18, 4))
        end as number_value,
    from {{ source('raw', 'adjustment') }}

)

select
    adjustment_id,
    line_key,
    kind,
    value,
    case when kind = 'DISCOUNT_PCT' and number_value between 0 and 100 then cast(number_value as decimal(9, 4)) end
        as discount_pct,
    case
        when kind = 'SET_AMOUNT' and number_value = cast(number_value as decimal(18, 2))
            then cast(number_value as decimal(18, 2))
    end as set_amount,
    case when kind = 'POSTPONE' and {{ matches('trim(value)', '^[0-9]{4}-(0[1-9]|1[0-2])$') }} then trim(value) end
        as postponed_to,
    reason,
    author,
    _key as source_key,
    _file as source_file,
    _row as source_row,
from adjustment
