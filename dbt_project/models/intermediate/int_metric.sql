-- Each payroll metric against each binding it could be billed by. A metric without binding keeps one row, in its own
-- month. `disposition` says what becomes of the row: LINE, or the reason of its exclusion; `is_deciding` marks the
-- bindings that decide the fate of the row.
-- Grain: metric row × binding (or none).
with metric as (

    select
        *,
        {{ month_start('month') }} as month_first,
    from {{ ref('stg_payroll_metric') }}

),

matched as (

    select
        metric.source_key,
        metric.source_file,
        metric.source_row,
        metric.siret,
        metric.month as metric_month,
        metric.month_first,
        metric.metric_code,
        metric.quantity,
        metric.is_final,
        metric.is_manual,
        metric.is_complete,
        binding.binding_key,
        binding.mission_id,
        binding.service_code,
        coalesce(binding.lag_months, 0) as lag_months,
        case
            when binding.binding_key is null then 'NO_MISSION'
            when binding.mission_status = 'CLOSED' then 'MISSION_CLOSED'
            when metric.method is not null and metric.method <> binding.method then 'OTHER_METHOD'
            when not binding.is_auto and not metric.is_manual then 'AUTO_OFF'
            else 'CANDIDATE'
        end as disposition,
        -- A value typed by a person overrides the feed; a row of the method asked for, one that names none.
        row_number() over (
            partition by metric.siret, metric.month, metric.metric_code, binding.binding_key
            order by
                case
                    when
                        (metric.method is null or metric.method = binding.method)
                        and (binding.is_auto or metric.is_manual)
                        then 0
                    else 1
                end,
                case when metric.is_manual then 0 else 1 end,
                case when metric.method is null then 1 else 0 end,
                metric.source_key
        ) as choice,
    from metric
    left join {{ ref('int_binding_siret') }} as binding
        on
            metric.siret = binding.siret
            and metric.metric_code = binding.metric_code
            and binding.start_date <= {{ last_day_of_month('metric.month_first') }}
            and binding.covers_until >= metric.month_first

),

disposed as (

    select
        source_key,
        source_file,
        source_row,
        siret,
        metric_month,
        metric_code,
        quantity,
        is_final,
        is_manual,
        is_complete,
        binding_key,
        mission_id,
        service_code,
        case
            when disposition = 'CANDIDATE' and choice = 1 then 'LINE'
            when disposition = 'CANDIDATE' then 'SUPERSEDED'
            else disposition
        end as disposition,
        {{ month_key(anchored_date('month_first', 'lag_months', '1')) }} as home_month,
    from matched

)

select
    *,
    -- A row that some mission bills is not excluded for another's sake; else one reason stands, the first in this order.
    case
        when count(case when disposition = 'LINE' then 1 end) over metric_row > 0 then disposition = 'LINE'
        else
            row_number() over (
                partition by source_key, source_file, source_row
                order by
                    case disposition
                        when 'SUPERSEDED' then 1
                        when 'OTHER_METHOD' then 2
                        when 'AUTO_OFF' then 3
                        else 4
                    end,
                    home_month,
                    binding_key
            ) = 1
    end as is_deciding,
from disposed
window metric_row as (partition by source_key, source_file, source_row)
