-- FI-04. Scope: plan keys (client file, fiscal year, mission) with something due in the month or after it.
with plan_amount as (

    select
        plan_line.plan_id,
        max(plan_line.home_month) as last_month,
        sum(case when plan_line.home_month = run_context.month then plan_line.amount end) as due_amount,
    from {{ ref('int_plan_line') }} as plan_line
    cross join {{ ref('stg_run_context') }} as run_context
    where plan_line.state = 'LIVE'
    group by plan_line.plan_id

),

plan_key as (

    select
        plan.client_file_id,
        plan.fy_label,
        plan.mission_id,
        count(*) as live_plans,
        {{ join_distinct('plan.plan_id', ', ') }} as plan_ids,
        sum(plan_amount.due_amount) as due_amount,
        max(plan_amount.last_month) as last_month,
    from {{ ref('int_plan') }} as plan
    left join plan_amount
        on plan.plan_id = plan_amount.plan_id
    group by plan.client_file_id, plan.fy_label, plan.mission_id

)

select
    {{ control_case(
        "plan_key.mission_id || '|' || plan_key.fy_label || '|' || plan_key.client_file_id",
        'mission', 'plan_key.mission_id', 'client_file.client_id', 'plan_key.client_file_id',
        amount_at_stake='plan_key.due_amount', hold_scope='mission', hold_key='plan_key.mission_id'
    ) }},
    plan_key.live_plans,
    plan_key.plan_ids,
from plan_key
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('stg_client_file') }} as client_file
    on plan_key.client_file_id = client_file.client_file_id
where plan_key.last_month >= run_context.month
