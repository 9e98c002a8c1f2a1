{{ config(materialized='table') }}
-- What became of each event row that ever arrived, exactly once. Not by month: the whole story.
with event as (

    select
        'time_entry' as source_table,
        entry_key as source_key,
        source_file,
        source_row,
        {{ month_key('work_date') }} as home_month,
    from {{ ref('stg_time_entry') }}

    union all

    select
        'payroll_metric',
        source_key,
        source_file,
        source_row,
        min(home_month),
    from {{ ref('int_metric') }}
    where is_deciding
    group by source_key, source_file, source_row

    union all

    select
        'adhoc_service',
        source_key,
        source_file,
        source_row,
        {{ month_key('service_date') }},
    from {{ ref('stg_adhoc_service') }}

),

carried as (

    select
        evidence.source_table,
        evidence.source_key,
        evidence.source_file,
        evidence.source_row,
        evidence.month,
        max(case when line.status = 'HELD' then 0 else 1 end) as is_billed,
    from {{ ref('prebill_evidence') }} as evidence
    inner join {{ ref('prebill_line') }} as line
        on evidence.line_key = line.line_key and evidence.month = line.month
    group by
        evidence.source_table, evidence.source_key, evidence.source_file, evidence.source_row, evidence.month

),

excluded as (

    select
        source_table,
        source_key,
        source_file,
        source_row,
        month,
        min(reason_code) as reason_code,
    from {{ ref('prebill_exclusion') }}
    group by source_table, source_key, source_file, source_row, month

),

told as (

    -- A row corrected into another month may still show in a draft not run since: its own month's story counts first.
    select
        event.source_table,
        event.source_key,
        event.source_file,
        event.source_row,
        coalesce(carried.month, excluded.month, event.home_month) as month,
        case
            when carried.is_billed = 1 then 'BILLED'
            when carried.is_billed = 0 then 'OPEN'
            when excluded.reason_code in ('NOT_APPROVED', 'POSTPONED', 'BELOW_THRESHOLD') then 'DEFERRED'
            when excluded.reason_code is not null then 'EXCLUDED'
            else 'OPEN'
        end as fate,
        excluded.reason_code,
        row_number() over (
            partition by event.source_table, event.source_key, event.source_file, event.source_row
            order by
                case when coalesce(carried.month, excluded.month) = event.home_month then 0 else 1 end,
                coalesce(carried.month, excluded.month) desc
        ) as choice,
    from event
    left join carried
        on
            event.source_table = carried.source_table
            and event.source_key = carried.source_key
            and event.source_file = carried.source_file
            and event.source_row = carried.source_row
    left join excluded
        on
            event.source_table = excluded.source_table
            and event.source_key = excluded.source_key
            and event.source_file = excluded.source_file
            and event.source_row = excluded.source_row
            and coalesce(carried.month, excluded.month) = excluded.month

),

rejected as (

    select distinct
        table_name,
        source_file,
        sheet,
        row_number,
    from {{ source('raw', 'rejected_row') }}
    where
        table_name in ('time_entry', 'payroll_metric', 'adhoc_service')
        -- A file refused whole is told at row 0, or at its header.
        and (row_number > 1 or (row_number = 1 and source_file like '%.parquet'))

)

select
    source_table,
    source_key,
    source_file,
    cast(source_row as bigint) as source_row,
    fate,
    month,
    reason_code,
from told
where choice = 1

union all

select
    table_name,
    null,
    source_file,
    cast(row_number as bigint),
    'REJECTED',
    null,
    'REJECTED',
from rejected
