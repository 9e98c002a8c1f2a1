-- What is due in the month and is not a line, each with its reason. `amount` is what it would have been worth, NULL
-- when unknown. Grain: source_table × source_key × source_file × source_row × reason_code.
with run_context as (

    select
        *,
        coalesce(first_month, '0000-00') as start_month,
    from {{ ref('stg_run_context') }}

),

before_start as (

    -- The month prefact takes over lists all that came before it; an earlier month, what is its own.
    select
        'time_entry' as source_table,
        entry_key as source_key,
        source_file,
        source_row,
        {{ month_key('work_date') }} as home_month,
        cast(minutes as {{ text_type() }}) || ' min' as detail,
        cast(null as decimal(18, 2)) as amount,
    from {{ ref('stg_time_entry') }}

    union all

    select
        'adhoc_service',
        source_key,
        source_file,
        source_row,
        {{ month_key('service_date') }},
        service_code,
        {{ line_amount('quantity', 'unit_price', 'null') }},
    from {{ ref('stg_adhoc_service') }}

    union all

    select
        'payroll_metric',
        source_key,
        source_file,
        source_row,
        min(home_month),
        min(metric_code),
        cast(null as decimal(18, 2)),
    from {{ ref('int_metric') }}
    where is_deciding
    group by source_key, source_file, source_row

    union all

    select
        source_table,
        source_key,
        source_file,
        source_row,
        home_month,
        cast(due_date as {{ text_type() }}),
        amount,
    from {{ ref('int_plan_line') }}
    where state = 'LIVE'

),

time_excluded as (

    select
        'time_entry' as source_table,
        entry_key as source_key,
        source_file,
        source_row,
        disposition as reason_code,
        cast(rounded_minutes as {{ text_type() }}) || ' min' as detail,
        {{ minutes_amount('rounded_minutes', 'hourly_price') }} as amount,
    from {{ ref('int_time_entry_capped') }}
    where disposition not in ('LINE', 'UNKNOWN_MISSION')

    union all

    select
        'time_entry',
        entry_key,
        source_file,
        source_row,
        'OVER_BUDGET',
        cast(over_budget_minutes as {{ text_type() }}) || ' min',
        {{ minutes_amount('over_budget_minutes', 'hourly_price') }},
    from {{ ref('int_time_entry_capped') }}
    where over_budget_minutes > 0

),

metric_excluded as (

    select
        'payroll_metric' as source_table,
        metric.source_key,
        metric.source_file,
        metric.source_row,
        metric.disposition as reason_code,
        metric.metric_code || ' ' || cast(metric.quantity as {{ text_type() }}) as detail,
        cast(null as decimal(18, 2)) as amount,
    from {{ ref('int_metric') }} as metric
    inner join run_context
        on metric.home_month = run_context.month
    where metric.is_deciding and metric.disposition <> 'LINE'

),

metric_missing as (

    select
        'metric_binding' as source_table,
        binding_key as source_key,
        source_file,
        source_row,
        'MISSING_METRIC' as reason_code,
        metric_code || ' ' || metric_month as detail,
        cast(null as decimal(18, 2)) as amount,
    from {{ ref('int_binding_due') }}
    where declared_metrics = 0

),

superseded as (

    select
        plan_line.source_table,
        plan_line.source_key,
        plan_line.source_file,
        plan_line.source_row,
        'SUPERSEDED' as reason_code,
        cast(plan_line.due_date as {{ text_type() }}) as detail,
        plan_line.amount,
    from {{ ref('int_plan_line') }} as plan_line
    inner join run_context
        on plan_line.home_month = run_context.month
    where plan_line.state = 'SUPERSEDED'

),

of_the_month as (

    select * from time_excluded
    union all
    select * from metric_excluded
    union all
    select * from metric_missing
    union all
    select * from superseded

)

select
    before_start.source_table,
    before_start.source_key,
    before_start.source_file,
    before_start.source_row,
    'BEFORE_START' as reason_code,
    before_start.detail,
    before_start.amount,
from before_start
inner join run_context
    on
        (run_context.month = run_context.start_month and before_start.home_month < run_context.start_month)
        or (run_context.month < run_context.start_month and before_start.home_month = run_context.month)

union all

select of_the_month.*
from of_the_month
inner join run_context
    on run_context.month >= run_context.start_month
