-- Bindings of open missions whose payroll month comes due in the month being run, with how many metrics were found for
-- them. Grain: binding_key.
with binding as (

    select
        binding.*,
        {{ anchored_date('run_context.month_start', '-binding.lag_months', '1') }} as metric_month_start,
    from {{ ref('int_metric_binding') }} as binding
    cross join {{ ref('stg_run_context') }} as run_context
    inner join {{ ref('int_file_window') }} as open_window
        on binding.client_file_id = open_window.client_file_id and open_window.is_open
    where
        binding.mission_status = 'OPEN'
        and (run_context.first_month is null or run_context.month >= run_context.first_month)

),

declared as (

    select
        binding_key,
        count(source_key) as declared_metrics,
    from {{ ref('int_unit_declaration') }}
    inner join {{ ref('stg_run_context') }} as run_context
        on home_month = run_context.month
    group by binding_key

)

select
    binding.binding_key,
    binding.mission_id,
    binding.client_id,
    binding.client_file_id,
    binding.metric_code,
    {{ month_key('binding.metric_month_start') }} as metric_month,
    coalesce(declared.declared_metrics, 0) as declared_metrics,
    binding.source_file,
    binding.source_row,
from binding
left join declared
    on binding.binding_key = declared.binding_key
where
    binding.start_date <= {{ last_day_of_month('binding.metric_month_start') }}
    and binding.end_date >= binding.metric_month_start
