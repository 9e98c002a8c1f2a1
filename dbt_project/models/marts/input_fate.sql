{{ config(materialized='table') }}
-- What became of each event row that ever arrived, exactly once. Not by month: the whole story.
with event as (

    select
        'time_entry' as source_table,
        entry_key as source_key,
        false as is_manual,
        source_file,
        source_row,
        {{ month_key('work_date') }} as home_month,
    from {{ ref('stg_time_entry') }}

    union all

    select
        'payroll_metric',
        source_key,
        is_manual,
        source_file,
        source_row,
        min(home_month),
    from {{ ref('int_metric') }}
    where is_deciding
    group by source_key, is_manual, source_file, source_row

    union all

    select
        'adhoc_service',
        source_key,
        false,
        source_file,
        source_row,
        {{ month_key('service_date') }},
    from {{ ref('stg_adhoc_service') }}

    union all

    select
        'meter_reading',
        source_key,
        false,
        source_file,
        source_row,
        {{ month_key('reading_date') }},
    from {{ ref('stg_meter_reading') }}

    union all

    select
        'flat_fee_history',
        source_key,
        false,
        source_file,
        source_row,
        {{ month_key('period_start') }},
    from {{ ref('stg_flat_fee_history') }}

),

before_prefact as (

    -- What was billed, or left behind by a later reading that was, before any line of these.
    select
        'flat_fee_history' as source_table,
        source_key,
        case
            when invoice_ref is not null then 'BILLED'
            when is_below_threshold then 'DEFERRED'
            else 'OPEN'
        end as fate,
        case when invoice_ref is null and is_below_threshold then 'BELOW_THRESHOLD' end as reason_code,
    from {{ ref('stg_flat_fee_history') }}

    union all

    select
        'meter_reading',
        reading.source_key,
        case
            when count(counter.rule_id) = 0 then 'EXCLUDED'
            when count(case when reading.reading_date <= counter.opening_date then 1 end) = count(counter.rule_id)
                then 'BILLED'
            else 'OPEN'
        end,
        case when count(counter.rule_id) = 0 then 'NOT_METERED' end,
    from {{ ref('stg_meter_reading') }} as reading
    left join {{ ref('int_contract_counter') }} as counter
        on reading.quantity_id = counter.technical_id
    group by reading.source_key

),

carried as (

    -- By key, and for metrics by who said it: a file delivered anew has its rows in other places. What a validated line
    -- took back is on no line any more.
    select
        evidence.source_table,
        evidence.source_key,
        evidence.is_manual,
        evidence.month,
        max(case when line.status = 'HELD' then 0 else 1 end) as is_billed,
    from {{ ref('prebill_evidence') }} as evidence
    inner join {{ ref('prebill_line') }} as line
        on evidence.line_key = line.line_key and evidence.month = line.month
    left join {{ ref('stg_ledger_billing') }} as billing
        on
            evidence.line_key = billing.line_key
            and evidence.month = billing.month
            and (
                evidence.source_table <> 'time_entry'
                or billing.identity = 'time_entry|' || evidence.source_key
            )
    where line.status in ('READY', 'HELD') or billing.is_live or line.rule_id is not null
    group by evidence.source_table, evidence.source_key, evidence.is_manual, evidence.month

),

excluded as (

    -- A metric may be excluded beside another of its key that is billed: the place tells them apart while they keep it.
    select
        exclusion.source_table,
        exclusion.source_key,
        exclusion.month,
        event.source_file,
        event.source_row,
        event.home_month,
        min(exclusion.reason_code) as reason_code,
    from {{ ref('prebill_exclusion') }} as exclusion
    inner join event
        on
            exclusion.source_table = event.source_table
            and exclusion.source_key = event.source_key
            and (
                exclusion.source_table <> 'payroll_metric'
                or (exclusion.source_file = event.source_file and exclusion.source_row = event.source_row)
                or not exists (
                    select 1
                    from event as twin
                    where
                        twin.source_table = 'payroll_metric'
                        and twin.source_key = event.source_key
                        and twin.is_manual <> event.is_manual
                )
            )
    group by
        exclusion.source_table,
        exclusion.source_key,
        exclusion.month,
        event.source_file,
        event.source_row,
        event.home_month

),

story as (

    select
        event.source_table,
        event.source_key,
        event.source_file,
        event.source_row,
        event.home_month,
        carried.month,
        carried.is_billed,
        cast(null as {{ text_type() }}) as reason_code,
    from carried
    inner join event
        on
            carried.source_table = event.source_table
            and carried.source_key = event.source_key
            and carried.is_manual = event.is_manual

    union all

    select
        source_table,
        source_key,
        source_file,
        source_row,
        home_month,
        month,
        null,
        reason_code,
    from excluded

),

told as (

    -- A line says more than an exclusion. A row corrected into another month may still show in a draft not run since: its
    -- own month's story counts first.
    select
        *,
        row_number() over (
            partition by source_table, source_key, source_file, source_row
            order by
                case when is_billed is null then 1 else 0 end, case when month = home_month then 0 else 1 end, month desc
        ) as choice,
    from (
        select
            source_table,
            source_key,
            source_file,
            source_row,
            home_month,
            month,
            max(is_billed) as is_billed,
            min(reason_code) as reason_code,
        from story
        group by source_table, source_key, source_file, source_row, home_month, month
    )

),

rejected as (

    select distinct
        table_name,
        source_file,
        sheet,
        row_number,
    from {{ source('raw', 'rejected_row') }}
    where
        table_name in ('time_entry', 'payroll_metric', 'adhoc_service', 'meter_reading', 'flat_fee_history')
        -- A file refused whole is told at row 0, or at its header.
        and (row_number > 1 or (row_number = 1 and source_file like '%.parquet'))

)

select
    event.source_table,
    event.source_key,
    event.source_file,
    cast(event.source_row as bigint) as source_row,
    case
        when told.is_billed = 1 then 'BILLED'
        when told.is_billed = 0 then 'OPEN'
        when told.reason_code in ('NOT_APPROVED', 'POSTPONED', 'BELOW_THRESHOLD') then 'DEFERRED'
        when told.reason_code is not null then 'EXCLUDED'
        else coalesce(before_prefact.fate, 'OPEN')
    end as fate,
    coalesce(told.month, event.home_month) as month,
    coalesce(told.reason_code, case when told.is_billed is null then before_prefact.reason_code end) as reason_code,
from event
left join told
    on
        event.source_table = told.source_table
        and event.source_key = told.source_key
        and event.source_file = told.source_file
        and event.source_row = told.source_row
        and told.choice = 1
left join before_prefact
    on event.source_table = before_prefact.source_table and event.source_key = before_prefact.source_key

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
