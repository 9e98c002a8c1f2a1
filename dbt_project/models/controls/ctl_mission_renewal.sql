-- FI-07. Scope: missions with express renewal, something due in the month, and no later mission of the same client file
-- and code to take over.
with dated as (

    select
        plan_line.line_key as item_key,
        case when plan_line.term = 'ADVANCE' then plan_line.due_date else coalesce(plan_line.period_end, plan_line.due_date) end
            as item_date,
    from {{ ref('int_plan_line') }} as plan_line
    where plan_line.state = 'LIVE' and not plan_line.is_balance

    union all

    select
        item_key,
        period_start,
    from {{ ref('int_unit_item') }}

    union all

    select
        item.item_key,
        entry.work_date,
    from {{ ref('int_time_item') }} as item
    inner join {{ ref('int_time_entry_capped') }} as entry
        on item.entry_key = entry.entry_key

    union all

    select
        item_key,
        due_date,
    from {{ ref('int_adhoc_item') }}

),

due as (

    select
        item.mission_id,
        max(dated.item_date) as last_item_date,
        sum(item.amount_net) as due_amount,
    from {{ ref('int_item') }} as item
    inner join dated
        on item.source_item_key = dated.item_key
    group by item.mission_id

)

select
    {{ control_case(
        'mission.mission_id', 'mission', 'mission.mission_id', 'mission.client_id', 'mission.client_file_id',
        amount_at_stake='due.due_amount', hold_scope='mission', hold_key='mission.mission_id'
    ) }},
    mission.end_date as mission_end,
    due.last_item_date,
from {{ ref('stg_mission') }} as mission
cross join {{ ref('stg_run_context') }} as run_context
inner join due
    on mission.mission_id = due.mission_id
where
    mission.renewal = 'EXPRESS' and not mission.is_succeeded
