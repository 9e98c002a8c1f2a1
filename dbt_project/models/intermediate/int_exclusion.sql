-- What the run decides and is not a line, each with its reason: things whose home month, or first open month after it,
-- is the month being run, and that no validation has settled. `amount` is what it would have been worth, NULL when
-- unknown. Grain: source_table × source_key × source_file × source_row × reason_code.
with run_context as (

    select
        *,
        coalesce(first_month, '0000-00') as start_month,
    from {{ ref('stg_run_context') }}

),

open_window as (

    select * from {{ ref('int_file_window') }} where is_open

),

event as (

    select
        'time_entry' as source_table,
        entry.entry_key as source_key,
        entry.source_file,
        entry.source_row,
        mission.client_file_id,
        {{ month_key('entry.work_date') }} as home_month,
        cast(entry.minutes as {{ text_type() }}) || ' min' as detail,
        cast(null as decimal(18, 2)) as amount,
    from {{ ref('stg_time_entry') }} as entry
    left join {{ ref('stg_mission') }} as mission
        on entry.mission_id = mission.mission_id

    union all

    select
        'adhoc_service',
        source_key,
        source_file,
        source_row,
        client_file_id,
        {{ month_key('service_date') }},
        service_code,
        {{ line_amount('quantity', 'unit_price', 'null') }},
    from {{ ref('stg_adhoc_service') }}

    union all

    select
        'payroll_metric',
        metric.source_key,
        metric.source_file,
        metric.source_row,
        min(establishment.client_file_id),
        min(metric.home_month),
        min(metric.metric_code),
        cast(null as decimal(18, 2)),
    from {{ ref('int_metric') }} as metric
    left join {{ ref('stg_establishment') }} as establishment
        on metric.siret = establishment.siret
    where metric.is_deciding
    group by metric.source_key, metric.source_file, metric.source_row

    union all

    select
        source_table,
        source_key,
        source_file,
        source_row,
        client_file_id,
        home_month,
        cast(due_date as {{ text_type() }}),
        amount,
    from {{ ref('int_plan_line') }}
    where state = 'LIVE'

),

before_start as (

    -- The month prefact takes over lists all that came before it; an earlier month, what is its own.
    select
        event.source_table,
        event.source_key,
        event.source_file,
        event.source_row,
        event.client_file_id,
        case when run_context.month < run_context.start_month then event.home_month else run_context.start_month end
            as home_month,
        'BEFORE_START' as reason_code,
        event.detail,
        event.amount,
    from event
    inner join run_context
        on
            event.home_month < run_context.start_month
            and (run_context.month >= run_context.start_month or event.home_month = run_context.month)

),

time_excluded as (

    select
        'time_entry' as source_table,
        entry_key as source_key,
        source_file,
        source_row,
        client_file_id,
        home_month,
        disposition as reason_code,
        cast(rounded_minutes as {{ text_type() }}) || ' min' as detail,
        {{ minutes_amount('rounded_minutes', 'hourly_price') }} as amount,
    from {{ ref('int_time_entry_run') }}
    where disposition not in ('LINE', 'UNKNOWN_MISSION')

    union all

    select
        'time_entry',
        entry_key,
        source_file,
        source_row,
        client_file_id,
        home_month,
        'OVER_BUDGET',
        cast(over_budget_minutes as {{ text_type() }}) || ' min',
        {{ minutes_amount('over_budget_minutes', 'hourly_price') }},
    from {{ ref('int_time_entry_run') }}
    where over_budget_minutes > 0

),

billed_metric as (

    select distinct evidence.source_key
    from {{ ref('stg_ledger_evidence') }} as evidence
    inner join {{ ref('stg_ledger_item') }} as billed
        on evidence.line_key = billed.line_key
    where evidence.source_table = 'payroll_metric' and billed.is_live

),

metric_excluded as (

    -- Closing a mission leaves what it billed where it is.
    select
        'payroll_metric' as source_table,
        metric.source_key,
        metric.source_file,
        metric.source_row,
        establishment.client_file_id,
        metric.home_month,
        metric.disposition as reason_code,
        metric.metric_code || ' ' || cast(metric.quantity as {{ text_type() }}) as detail,
        cast(null as decimal(18, 2)) as amount,
    from {{ ref('int_metric') }} as metric
    left join {{ ref('stg_establishment') }} as establishment
        on metric.siret = establishment.siret
    left join billed_metric
        on metric.source_key = billed_metric.source_key and metric.disposition = 'MISSION_CLOSED'
    where metric.is_deciding and metric.disposition <> 'LINE' and billed_metric.source_key is null

),

metric_missing as (

    select
        'metric_binding' as source_table,
        binding.binding_key as source_key,
        binding.source_file,
        binding.source_row,
        binding.client_file_id,
        run_context.month as home_month,
        'MISSING_METRIC' as reason_code,
        binding.metric_code || ' ' || binding.metric_month as detail,
        cast(null as decimal(18, 2)) as amount,
    from {{ ref('int_binding_due') }} as binding
    cross join run_context
    where binding.declared_metrics = 0

),

superseded as (

    select
        plan_line.source_table,
        plan_line.source_key,
        plan_line.source_file,
        plan_line.source_row,
        plan_line.client_file_id,
        plan_line.home_month,
        'SUPERSEDED' as reason_code,
        cast(plan_line.due_date as {{ text_type() }}) as detail,
        plan_line.amount,
    from {{ ref('int_plan_line') }} as plan_line
    left join {{ ref('stg_ledger_item') }} as billed
        on
            plan_line.line_key = billed.identity
            and plan_line.document_version = billed.document_version
    where plan_line.state = 'SUPERSEDED' and billed.identity is null

),

to_confirm as (

    select
        plan_line.source_table,
        plan_line.source_key,
        plan_line.source_file,
        plan_line.source_row,
        plan_line.client_file_id,
        plan_line.home_month,
        'TO_CONFIRM' as reason_code,
        cast(plan_line.due_date as {{ text_type() }}) as detail,
        plan_line.amount,
    from {{ ref('int_plan_line') }} as plan_line
    left join {{ ref('stg_ledger_item') }} as billed
        on plan_line.line_key = billed.identity
    where plan_line.state = 'TO_CONFIRM' and billed.identity is null

),

decided as (

    select * from before_start
    union all
    (
        select of_the_month.*
        from (
            select * from time_excluded
            union all
            select * from metric_excluded
            union all
            select * from metric_missing
            union all
            select * from superseded
            union all
            select * from to_confirm
        ) as of_the_month
        inner join run_context
            on of_the_month.home_month >= run_context.start_month
    )

)

select
    decided.source_table,
    decided.source_key,
    decided.source_file,
    decided.source_row,
    decided.client_file_id,
    decided.reason_code,
    decided.detail,
    decided.amount,
from decided
cross join run_context
inner join open_window
    on
        decided.client_file_id is not distinct from open_window.client_file_id
        and decided.home_month >= open_window.first_home_month
        and decided.home_month <= run_context.month
left join {{ ref('stg_ledger_exclusion') }} as settled
    on
        decided.source_table = settled.source_table
        and decided.source_key = settled.source_key
        and decided.reason_code = settled.reason_code
        -- A missing metric is another one each month.
        and (decided.source_table <> 'metric_binding' or settled.month = run_context.month)
where settled.source_key is null
