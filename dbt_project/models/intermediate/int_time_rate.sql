-- The hourly price of a collaborator on a mission on a day: the narrowest scope first (client file and mission code,
-- client file, mission code, none), in it the collaborator before the grade, then the latest start.
-- Grain: collaborator_id × recorded_mission × work_date, only where a rate exists.
with worked as (

    select distinct
        entry.collaborator_id,
        collaborator.grade,
        entry.recorded_mission,
        entry.client_file_id,
        entry.mission_code,
        entry.work_date,
    from {{ ref('int_time_entry') }} as entry
    left join {{ ref('stg_collaborator') }} as collaborator
        on entry.collaborator_id = collaborator.collaborator_id

),

selling_rate as (

    select
        *,
        case
            when client_file_id is not null and mission_code is not null then 1
            when client_file_id is not null then 2
            when mission_code is not null then 3
            else 4
        end as scope_rank,
    from {{ ref('stg_selling_rate') }}

),

candidate as (

    select
        worked.*,
        selling_rate.hourly_price,
        selling_rate.rate_key,
        selling_rate.scope_rank,
        0 as holder_rank,
        selling_rate.valid_from,
        selling_rate.client_file_id as rate_client_file_id,
        selling_rate.mission_code as rate_mission_code,
        selling_rate.valid_to,
    from worked
    inner join selling_rate
        on worked.collaborator_id = selling_rate.collaborator_id

    union all

    select
        worked.*,
        selling_rate.hourly_price,
        selling_rate.rate_key,
        selling_rate.scope_rank,
        1 as holder_rank,
        selling_rate.valid_from,
        selling_rate.client_file_id as rate_client_file_id,
        selling_rate.mission_code as rate_mission_code,
        selling_rate.valid_to,
    from worked
    inner join selling_rate
        on worked.grade = selling_rate.grade and selling_rate.collaborator_id is null

),

ranked as (

    select
        *,
        row_number() over (
            partition by collaborator_id, recorded_mission, work_date
            order by scope_rank, holder_rank, valid_from desc, rate_key
        ) as choice,
    from candidate
    where
        (rate_client_file_id is null or rate_client_file_id = client_file_id)
        and (rate_mission_code is null or rate_mission_code = mission_code)
        and valid_from <= work_date
        and valid_to >= work_date

)

select
    collaborator_id,
    recorded_mission,
    work_date,
    hourly_price,
    rate_key,
from ranked
where choice = 1
