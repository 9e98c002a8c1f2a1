-- FI-01. Scope: open FLAT missions in their dates, with their live plans; UNIT missions, with their bindings.
with planned as (

    select
        mission_id,
        count(*) as live_plans,
    from {{ ref('int_plan') }}
    group by mission_id

),

bound as (

    select
        mission_id,
        count(*) as live_plans,
    from {{ ref('stg_metric_binding') }}
    group by mission_id

)

select
    {{ control_case(
        'mission.mission_id', 'mission', 'mission.mission_id', 'mission.client_id', 'mission.client_file_id',
        amount_at_stake='mission.budget_amount'
    ) }},
    mission.billing_mode,
    coalesce(case when mission.billing_mode = 'FLAT' then planned.live_plans else bound.live_plans end, 0)
        as live_plans,
from {{ ref('stg_mission') }} as mission
cross join {{ ref('stg_run_context') }} as run_context
left join planned
    on mission.mission_id = planned.mission_id
left join bound
    on mission.mission_id = bound.mission_id
where
    mission.status = 'OPEN'
    and mission.billing_mode in ('FLAT', 'UNIT')
    and run_context.control_date between mission.start_date and mission.end_date
