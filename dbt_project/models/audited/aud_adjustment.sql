-- What people decided of open lines, one row per line: the last readable adjustment of each kind counts (by
-- adjustment_id). EXCLUDE takes the line out; POSTPONE keeps it out of months before the one it names. Grain: line_key.
with ranked as (

    select
        *,
        row_number() over (partition by line_key, kind order by adjustment_id desc) as recency,
    from {{ ref('stg_adjustment') }}
    where kind = 'EXCLUDE' or coalesce(discount_pct, set_amount) is not null or postponed_to is not null

)

select
    ranked.line_key,
    max(ranked.discount_pct) as discount_pct,
    max(ranked.set_amount) as set_amount,
    -- Excluded says more than postponed.
    case
        when max(case when ranked.kind = 'EXCLUDE' then 1 end) = 1 then 'EXCLUDED_BY_PERSON'
        when max(case when run_context.month < ranked.postponed_to then 1 end) = 1 then 'POSTPONED'
    end as excluded_as,
from ranked
cross join {{ ref('stg_run_context') }} as run_context
where ranked.recency = 1
group by ranked.line_key
