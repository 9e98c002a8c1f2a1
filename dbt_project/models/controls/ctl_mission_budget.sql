-- FI-11. Scope: missions with a budget they flag or cap, one case per measure (minutes, amount).
with used as (

    select
        mission_id,
        max(minutes_used) as minutes_used,
        max(price_minutes_used) as price_minutes_used,
    from {{ ref('int_time_budget') }}
    group by mission_id

),

measure as (

    select
        used.mission_id,
        'minutes' as measure,
        cast(mission.budget_minutes as decimal(18, 2)) as budget,
        cast(used.minutes_used as decimal(18, 2)) as used,
    from used
    inner join {{ ref('stg_mission') }} as mission
        on used.mission_id = mission.mission_id
    where mission.budget_minutes is not null

    union all

    select
        used.mission_id,
        'amount',
        mission.budget_amount,
        {{ money_from_cents(round_ratio('used.price_minutes_used', '600000')) }},
    from used
    inner join {{ ref('stg_mission') }} as mission
        on used.mission_id = mission.mission_id
    where mission.budget_amount is not null

)

select
    {{ control_case(
        "measure.mission_id || '|' || measure.measure",
        'mission', 'measure.mission_id', 'mission.client_id', 'mission.client_file_id',
        severity="'warning'",
        amount_at_stake="case when measure.measure = 'amount' then greatest(measure.used - measure.budget, 0) end"
    ) }},
    measure.measure,
    measure.budget,
    measure.used,
from measure
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('stg_mission') }} as mission
    on measure.mission_id = mission.mission_id
