-- What the home months in question expect of payroll: one row per binding × establishment active in the payroll month, with
-- the metric found or NULL.
with expected as (

    select
        binding.*,
        home_month.month as home_month,
        {{ anchored_date('home_month.month_start', '-binding.lag_months', '1') }} as metric_month_start,
    from {{ ref('int_binding_siret') }} as binding
    cross join {{ ref('int_home_month') }} as home_month
    cross join {{ ref('stg_run_context') }} as run_context
    where
        binding.mission_status = 'OPEN'
        -- Before prefact takes over, nothing is expected of payroll.
        and (run_context.first_month is null or home_month.month >= run_context.first_month)

),

metric as (

    select * from {{ ref('int_metric') }} where disposition = 'LINE'

)

select
    expected.binding_key,
    expected.home_month,
    expected.mission_id,
    expected.client_id,
    expected.client_file_id,
    expected.service_code,
    expected.metric_code,
    {{ month_key('expected.metric_month_start') }} as metric_month,
    expected.metric_month_start,
    expected.siret,
    metric.source_key,
    metric.source_file,
    metric.source_row,
    metric.quantity,
    metric.is_final,
    metric.is_complete,
    metric.is_manual,
from expected
left join metric
    on
        expected.binding_key = metric.binding_key
        and expected.siret = metric.siret
        and {{ month_key('expected.metric_month_start') }} = metric.metric_month
where
    expected.start_date <= {{ last_day_of_month('expected.metric_month_start') }}
    and (
        metric.source_key is not null
        or (
            expected.end_date >= expected.metric_month_start
            and expected.active_from <= {{ last_day_of_month('expected.metric_month_start') }}
            and expected.active_to >= expected.metric_month_start
        )
    )
