-- Everything the run decides is on a line or excluded with a reason: what has its home month, or its first open month
-- after it, in the month being run, and is not settled in the ledger. One row per thing that fell between.
with run_context as (

    select * from {{ ref('stg_run_context') }}

),

due as (

    select
        'time_entry' as source_table,
        entry.entry_key as source_key,
        mission.client_file_id,
        {{ month_key('entry.work_date') }} as home_month,
    from {{ ref('stg_time_entry') }} as entry
    left join {{ ref('stg_mission') }} as mission
        on entry.mission_id = mission.mission_id

    union all

    select
        'adhoc_service',
        source_key,
        client_file_id,
        {{ month_key('service_date') }},
    from {{ ref('stg_adhoc_service') }}

    union all

    select distinct
        'payroll_metric',
        metric.source_key,
        establishment.client_file_id,
        metric.home_month,
    from (
        select
            *,
            min(home_month) over (partition by source_key, source_file, source_row) as first_home_month,
        from {{ ref('int_metric') }}
        where is_deciding
    ) as metric
    cross join run_context
    left join {{ ref('stg_establishment') }} as establishment
        on metric.siret = establishment.siret
    where
        run_context.first_month is null
        or metric.home_month >= run_context.first_month
        -- What several missions would have billed in several months is told once, in the first.
        or metric.home_month = metric.first_home_month

    union all

    -- An instalment validated under an earlier version of its letter is settled.
    select
        plan_line.source_table,
        plan_line.source_key,
        plan_line.client_file_id,
        plan_line.home_month,
    from {{ ref('int_plan_line') }} as plan_line
    cross join run_context
    left join {{ ref('stg_ledger_item') }} as billed
        on plan_line.line_key = billed.identity
    where
        billed.identity is null
        and (
            plan_line.state = 'LIVE'
            -- Before prefact takes over, what an older version of a letter planned is nobody's.
            or (
                plan_line.state = 'SUPERSEDED'
                and (run_context.first_month is null or plan_line.home_month >= run_context.first_month)
            )
        )

),

accounted as (

    select source_table, source_key
    from {{ ref('prebill_evidence') }}
    where month = (select month from run_context)

    union

    select source_table, source_key
    from {{ ref('prebill_exclusion') }}
    where month = (select month from run_context)

    union

    select source_table, source_key
    from {{ source('ledger', 'evidence') }}

    union

    select source_table, source_key
    from {{ source('ledger', 'exclusion') }}

)

select due.*
from due
cross join run_context
inner join {{ ref('int_file_window') }} as file_window
    on due.client_file_id is not distinct from file_window.client_file_id
left join accounted
    on due.source_table = accounted.source_table and due.source_key = accounted.source_key
where
    file_window.is_open
    and due.home_month >= file_window.first_home_month
    and due.home_month <= run_context.month
    and accounted.source_key is null
