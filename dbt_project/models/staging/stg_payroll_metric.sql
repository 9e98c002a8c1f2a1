-- What was declared (and nobody corrected) is final once its deadline, in the month after, is past and it is complete.
select
    metric.siret || '|' || metric.month || '|' || metric.metric_code || '|' || coalesce(metric.method, '') as source_key,
    metric.siret,
    metric.month,
    metric.metric_code,
    metric.method,
    metric.quantity,
    case
        when metric.final is not null then metric.final
        else
            metric.complete
            and run_context.control_date
            > {{ anchored_date(month_start('metric.month'), '1', 'run_context.due_day') }}
    end as is_final,
    coalesce(metric.manual, true) as is_manual,
    coalesce(metric.complete, true) as is_complete,
    metric._file as source_file,
    metric._row as source_row,
from {{ source('raw', 'payroll_metric') }} as metric
cross join {{ ref('stg_run_context') }} as run_context
