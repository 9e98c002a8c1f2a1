-- The home months whose items the run has to know: its own, every earlier month closed for some client file, whose late or
-- corrected items come after it, and the earlier ones that something billed reads for its own now: it was dated anew, it
-- is not gone. Grain: month.
with run_context as (

    select * from {{ ref('stg_run_context') }}

),

billed as (

    select
        identity,
        source_ref,
    from {{ ref('stg_ledger_item') }}
    where is_live

),

dated as (

    select {{ month_key('entry.work_date') }} as month
    from {{ ref('stg_time_entry') }} as entry
    inner join billed
        on 'time_entry|' || entry.entry_key = billed.identity

    union

    select {{ month_key('adhoc.service_date') }}
    from {{ ref('stg_adhoc_service') }} as adhoc
    inner join billed
        on 'adhoc_service ' || adhoc.source_key = billed.source_ref

    union

    select {{ month_key('line.due_date') }}
    from {{ ref('stg_billing_plan_line') }} as line
    inner join billed
        on 'FLAT|' || line.source_key = billed.identity

),

unioned as (

    select month from run_context

    union

    select closed.month
    from {{ ref('stg_ledger_closed') }} as closed
    inner join run_context
        on closed.month < run_context.month

    union

    -- What is dated before prefact took over is an exclusion, whatever was billed of it.
    select dated.month
    from dated
    inner join run_context
        on dated.month < run_context.month and dated.month >= coalesce(run_context.first_month, dated.month)

)

select
    month,
    {{ month_start('month') }} as month_start,
    {{ month_end_of(month_start('month')) }} as month_end,
from unioned
