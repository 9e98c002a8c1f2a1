-- The home months whose items may be billed in the run: its own, and every earlier month closed for some client file,
-- whose late or corrected items come after it. Grain: month.
with closed as (

    select distinct closed.month
    from {{ ref('stg_ledger_closed') }} as closed
    inner join {{ ref('stg_run_context') }} as run_context
        on closed.month < run_context.month

),

unioned as (

    select month from {{ ref('stg_run_context') }}
    union
    select month from closed

)

select
    month,
    {{ month_start('month') }} as month_start,
    {{ month_end_of(month_start('month')) }} as month_end,
from unioned
