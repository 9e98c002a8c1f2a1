-- Each binding of a unit mission, and the payroll month it bills in the month being run.
select
    binding.source_key as binding_key,
    binding.mission_id,
    mission.client_id,
    mission.client_file_id,
    mission.status as mission_status,
    binding.metric_code,
    coalesce(binding.service_code, mission.service_code) as service_code,
    coalesce(binding.method, run_context.units_method) as method,
    binding.sirets,
    binding.lag_months,
    binding.is_auto,
    mission.start_date,
    case when mission.renewal = 'TACIT' then {{ end_of_time() }} else mission.end_date end as end_date,
    mission.covers_until,
    binding.source_file,
    binding.source_row,
from {{ ref('stg_metric_binding') }} as binding
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('stg_mission') }} as mission
    on binding.mission_id = mission.mission_id
