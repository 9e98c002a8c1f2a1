-- FI-05. Scope: live hand plans that state a total and whose every amount is known (an unknown one is FI-17).
with lines as (

    select
        plan_id,
        sum(amount) as lines_total,
        count(*) - count(amount) as unknown_amounts,
    from {{ ref('stg_billing_plan_line') }}
    group by plan_id

)

select
    {{ control_case(
        'plan.plan_id', 'plan', 'plan.plan_id', 'client_file.client_id', 'plan.client_file_id',
        amount_at_stake='abs(plan.total_amount - coalesce(lines.lines_total, 0))', hold_scope='mission', hold_key='plan.mission_id'
    ) }},
    plan.total_amount as plan_total,
    cast(coalesce(lines.lines_total, 0) as decimal(18, 2)) as lines_total,
from {{ ref('int_plan') }} as plan
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('stg_client_file') }} as client_file
    on plan.client_file_id = client_file.client_file_id
left join lines
    on plan.plan_id = lines.plan_id
where
    plan.origin = 'billing_plan'
    and plan.total_amount is not null
    and coalesce(lines.unknown_amounts, 0) = 0
