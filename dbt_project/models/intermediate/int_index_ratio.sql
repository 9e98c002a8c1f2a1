-- For each indexed letter line: the index of its base month (S0), the last one published on or before the first day
-- of the revision month (S1), and the coefficient that brings S0 into the series of S1.
with line as (

    select distinct
        index_code,
        index_series,
        base_month,
        revision_month,
    from {{ ref('int_document_line') }}
    where index_code is not null

),

price_index as (

    select * from {{ ref('stg_price_index') }}

),

revised as (

    -- The latest month; for one month in two series, the letter's own.
    select
        line.*,
        price_index.series as new_series,
        price_index.value as new_index,
        price_index.index_key as new_index_key,
        row_number() over (
            partition by line.index_code, line.index_series, line.base_month, line.revision_month
            order by
                price_index.month desc,
                case when price_index.series is not distinct from line.index_series then 0 else 1 end,
                price_index.series
        ) as choice,
    from line
    inner join price_index
        on
            line.index_code = price_index.index_code
            and price_index.published_on <= {{ month_start('line.revision_month') }}

)

select
    revised.index_code,
    revised.index_series,
    revised.base_month,
    revised.revision_month,
    revised.new_index,
    revised.new_index_key,
    base.value as base_index,
    case
        when revised.new_series is not distinct from revised.index_series then 1
        else index_link.coefficient
    end as link_coefficient,
from revised
left join price_index as base
    on
        revised.index_code = base.index_code
        and revised.index_series is not distinct from base.series
        and revised.base_month = base.month
left join {{ ref('stg_index_link') }} as index_link
    on
        revised.index_code = index_link.index_code
        and revised.index_series = index_link.from_series
        and revised.new_series = index_link.to_series
where revised.choice = 1
