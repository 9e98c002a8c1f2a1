-- Each event row has exactly one fate. Rejected rows never became event rows and are told by place instead.
with event as (

    select
        (select count(*) from {{ ref('stg_time_entry') }})
        + (select count(*) from {{ ref('stg_payroll_metric') }})
        + (select count(*) from {{ ref('stg_adhoc_service') }})
        + (select count(*) from {{ ref('stg_meter_reading') }})
        + (select count(*) from {{ ref('stg_flat_fee_history') }}) as arrived

),

fate as (

    select
        count(*) as told,
        count(distinct source_table || '|' || source_key || '|' || source_file || '|' || source_row) as distinct_told,
    from {{ ref('input_fate') }}
    where fate <> 'REJECTED'

)

select
    event.arrived,
    fate.told,
    fate.distinct_told,
from event
cross join fate
where event.arrived <> fate.told or fate.told <> fate.distinct_told
