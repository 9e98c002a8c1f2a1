-- Everything whose home month is the month being run is on a line or excluded with a reason: time in minutes, and
-- instalments, metrics and ad-hoc services in number. One row per thing that fell between.
with run_context as (

    select * from {{ ref('stg_run_context') }}

),

due as (

    select
        'time_entry' as source_table,
        entry_key as source_key,
        source_file,
        source_row,
    from {{ ref('stg_time_entry') }}
    inner join run_context
        on {{ month_key('work_date') }} = run_context.month

    union all

    select
        'adhoc_service',
        source_key,
        source_file,
        source_row,
    from {{ ref('stg_adhoc_service') }}
    inner join run_context
        on {{ month_key('service_date') }} = run_context.month

    union all

    select distinct
        'payroll_metric',
        metric.source_key,
        metric.source_file,
        metric.source_row,
    from (
        select
            *,
            min(home_month) over (partition by source_key, source_file, source_row) as first_home_month,
        from {{ ref('int_metric') }}
        where is_deciding
    ) as metric
    inner join run_context
        on metric.home_month = run_context.month
    where
        run_context.first_month is null
        or run_context.month >= run_context.first_month
        -- What several missions would have billed in several months is told once, in the first.
        or metric.home_month = metric.first_home_month

    union all

    select
        plan_line.source_table,
        plan_line.source_key,
        plan_line.source_file,
        plan_line.source_row,
    from {{ ref('int_plan_line') }} as plan_line
    inner join run_context
        on plan_line.home_month = run_context.month
    where
        plan_line.state = 'LIVE'
        -- Before prefact takes over, what an older version of a letter planned is nobody's.
        or (
            plan_line.state = 'SUPERSEDED'
            and (run_context.first_month is null or run_context.month >= run_context.first_month)
        )

),

accounted as (

    select
        source_table,
        source_key,
        source_file,
        source_row,
    from {{ ref('prebill_evidence') }}
    where month = (select month from run_context)

    union

    select
        source_table,
        source_key,
        source_file,
        source_row,
    from {{ ref('prebill_exclusion') }}
    where month = (select month from run_context)

)

select due.*
from due
left join accounted
    on
        due.source_table = accounted.source_table
        and due.source_key = accounted.source_key
        and due.source_file = accounted.source_file
        and due.source_row = accounted.source_row
where accounted.source_key is null
