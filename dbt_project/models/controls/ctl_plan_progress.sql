-- FI-21. Scope: live plans with instalments in months closed for their client file.
with closed as (

    select distinct
        client_file.client_file_id,
        closed.month,
    from {{ ref('stg_ledger_closed') }} as closed
    inner join {{ ref('stg_client_file') }} as client_file
        on closed.client_file_id is null or closed.client_file_id = client_file.client_file_id

),

planned as (

    select
        plan_line.plan_id,
        min(plan_line.client_id) as client_id,
        min(plan_line.client_file_id) as client_file_id,
        count(*) as planned_instalments,
        count(billed.identity) as validated_instalments,
        sum(case when billed.identity is null then plan_line.amount end) as unbilled_amount,
    from {{ ref('int_plan_line') }} as plan_line
    cross join {{ ref('stg_run_context') }} as run_context
    inner join closed
        on plan_line.client_file_id = closed.client_file_id and plan_line.home_month = closed.month
    left join {{ ref('stg_ledger_item') }} as billed
        on
            plan_line.line_key = billed.identity
            and plan_line.client_file_id = billed.client_file_id
            -- What a person excluded is settled as well.
            and (billed.is_live or billed.kind = 'EXCLUDED')
    where
        plan_line.state = 'LIVE'
        and plan_line.home_month < run_context.month
        and (run_context.first_month is null or plan_line.home_month >= run_context.first_month)
    group by plan_line.plan_id

)

select
    {{ control_case(
        'planned.plan_id', 'plan', 'planned.plan_id', 'planned.client_id', 'planned.client_file_id',
        severity="'warning'", amount_at_stake='planned.unbilled_amount'
    ) }},
    planned.planned_instalments,
    planned.validated_instalments,
from planned
cross join {{ ref('stg_run_context') }} as run_context
