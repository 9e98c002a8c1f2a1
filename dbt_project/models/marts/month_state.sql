-- One row per month ever run. Grain: month.
select
    run_context.month,
    'DRAFT' as status,
    run_context.control_date,
    run_context.input_fingerprint,
    cast((
        select count(*)
        from {{ ref('prebill_line') }} as line
        where line.month = run_context.month and line.status <> 'HELD'
    ) as bigint) as lines,
    cast(coalesce((
        select sum(line.amount_net)
        from {{ ref('prebill_line') }} as line
        where line.month = run_context.month and line.status <> 'HELD'
    ), 0) as decimal(18, 2)) as amount_net,
    cast(null as timestamp) as validated_at,
from {{ ref('stg_run_context') }} as run_context
