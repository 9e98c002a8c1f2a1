with succession as (

    -- A later mission of the same client file and code takes over.
    select
        mission_id,
        coalesce(
            max(start_date) over (partition by client_file_id, mission_code)
            > coalesce(end_date, {{ end_of_time() }}),
            false
        ) as is_succeeded,
    from {{ source('raw', 'mission') }}

)

select
    mission.mission_id,
    mission.client_file_id,
    client_file.client_id,
    mission.mission_code,
    mission.label,
    mission.fy_label,
    fiscal_year.start_date as fy_start,
    fiscal_year.end_date as fy_end,
    mission.billing_mode,
    coalesce(mission.term, 'ARREARS') as term,
    mission.service_code,
    mission.start_date,
    coalesce(mission.end_date, {{ end_of_time() }}) as end_date,
    mission.last_time_entry_date,
    mission.budget_minutes,
    mission.budget_amount,
    coalesce(mission.budget_policy, 'NONE') as budget_policy,
    coalesce(mission.renewal, 'NONE') as renewal,
    -- A tacit renewal goes on past the end written down; so does the work of an express one nobody renewed or replaced,
    -- which is for FI-07 to hold, not to lose.
    case
        when mission.renewal = 'TACIT' or (mission.renewal = 'EXPRESS' and not succession.is_succeeded)
            then {{ end_of_time() }}
        else coalesce(mission.end_date, {{ end_of_time() }})
    end as covers_until,
    succession.is_succeeded,
    coalesce(mission.status, 'OPEN') as status,
    -- The vintage is closed with its mission, or with the year it belongs to.
    case
        when coalesce(mission.status, 'OPEN') = 'CLOSED' or fiscal_year.status = 'CLOSED' then 'CLOSED'
        else 'OPEN'
    end as vintage_status,
    coalesce(mission.approval_required, run_context.approval_required) as approval_required,
    coalesce(mission.rounding_minutes, run_context.rounding_minutes) as rounding_minutes,
    coalesce(mission.rounding_mode, run_context.rounding_mode) as rounding_mode,
    coalesce(mission.rounding_per, run_context.rounding_per) as rounding_per,
from {{ source('raw', 'mission') }} as mission
inner join succession
    on mission.mission_id = succession.mission_id
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('stg_client_file') }} as client_file
    on mission.client_file_id = client_file.client_file_id
inner join {{ ref('stg_fiscal_year') }} as fiscal_year
    on mission.client_file_id = fiscal_year.client_file_id and mission.fy_label = fiscal_year.fy_label
