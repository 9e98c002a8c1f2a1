-- FI-03. Scope: live plans with something due in the month or after it.
with plan_amount as (

    select
        plan_line.plan_id,
        max(plan_line.home_month) as last_month,
        sum(case when plan_line.home_month = run_context.month then plan_line.amount end) as due_amount,
    from {{ ref('int_plan_line') }} as plan_line
    cross join {{ ref('stg_run_context') }} as run_context
    where plan_line.state = 'LIVE'
    group by plan_line.plan_id

)

select
    {{ control_case(
        'plan.plan_id', 'plan', 'plan.plan_id', 'client_file.client_id', 'plan.client_file_id',
        amount_at_stake='plan_amount.due_amount', hold_scope='mission', hold_key='plan.mission_id'
    ) }},
    plan.mission_id,
    coalesce(mission.status, 'UNKNOWN') as mission_status,
from {{ ref('int_plan') }} as plan
cross join {{ ref('stg_run_context') }} as run_context
inner join plan_amount
    on plan.plan_id = plan_amount.plan_id
inner join {{ ref('stg_client_file') }} as client_file
    on plan.client_file_id = client_file.client_file_id
left join {{ ref('stg_mission') }} as mission
    on plan.mission_id = mission.mission_id
where plan_amount.last_month >= run_context.month
