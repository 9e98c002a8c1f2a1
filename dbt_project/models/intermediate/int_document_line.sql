-- One row per line of every version of every letter, with its mission and fiscal year resolved (NULL where unknown).
-- A letter people wrote names missions as people do: by code or label, else by the code or label of what they bill.
with document as (

    select * from {{ ref('stg_document') }}

),

line as (

    select * from {{ ref('stg_document_line') }}

),

mission as (

    select * from {{ ref('stg_mission') }}

),

mission_by_code as (

    -- A code names a mission only where one mission of the year carries it.
    select
        client_file_id,
        fy_label,
        mission_code,
        min(mission_id) as mission_id,
    from mission
    group by client_file_id, fy_label, mission_code
    having count(*) = 1

),

sold as (

    select
        mission_id,
        service_code,
    from mission

    union distinct

    select
        mission_id,
        service_code,
    from {{ ref('stg_metric_binding') }}

),

named as (

    select
        client_file_id,
        fy_label,
        mission_id,
        cast(null as {{ text_type() }}) as service_code,
        1 as precedence,
        mission_code as name,
    from mission

    union all

    select
        client_file_id,
        fy_label,
        mission_id,
        null,
        1,
        label,
    from mission

    union all

    select
        mission.client_file_id,
        mission.fy_label,
        mission.mission_id,
        service.service_code,
        2,
        service.service_code,
    from mission
    inner join sold
        on mission.mission_id = sold.mission_id
    inner join {{ ref('stg_service') }} as service
        on sold.service_code = service.service_code

    union all

    select
        mission.client_file_id,
        mission.fy_label,
        mission.mission_id,
        service.service_code,
        2,
        service.label,
    from mission
    inner join sold
        on mission.mission_id = sold.mission_id
    inner join {{ ref('stg_service') }} as service
        on sold.service_code = service.service_code

),

wording as (

    -- «Tenue comptable 2026» is «tenue comptable» of 2026.
    select
        client_file_id,
        fy_label,
        mission_id,
        service_code,
        precedence,
        {{ name_in_year('name', 'fy_label') }} as wording,
    from named
    where name is not null

),

mission_by_wording as (

    select
        client_file_id,
        fy_label,
        wording,
        min(mission_id) as mission_id,
        min(service_code) as service_code,
    from (
        select
            *,
            min(precedence) over (partition by client_file_id, fy_label, wording) as best,
        from wording
    ) as ranked
    where precedence = best
    group by client_file_id, fy_label, wording
    having count(distinct mission_id) = 1 and count(distinct service_code) <= 1

),

listed as (

    -- A line that lists all its instalments and says no total comes to what they add up to.
    select
        document_id,
        version,
        line_no,
        cast(sum(amount) as decimal(18, 2)) as amount,
    from {{ ref('stg_document_instalment') }}
    group by document_id, version, line_no
    having count(*) = count(amount)

)

select
    line.document_id,
    line.version,
    line.line_no,
    document.client_file_id,
    document.fy_label,
    document.total_fee,
    fiscal_year.start_date as fy_start,
    fiscal_year.end_date as fy_end,
    coalesce(line.mission_id, mission_by_code.mission_id, mission_by_wording.mission_id) as mission_id,
    coalesce(line.mission_id, line.mission_code) as recorded_mission,
    mission.mission_id as known_mission_id,
    mission.client_file_id as mission_client_file_id,
    mission.start_date as mission_start,
    mission.end_date as mission_end,
    document.effective_from,
    document.effective_to,
    coalesce(line.label, mission.label) as label,
    coalesce(line.service_code, mission_by_wording.service_code, mission.service_code) as service_code,
    line.billing_mode,
    coalesce(
        line.amount, case when line.periodicity is null and line.amount_per_period is null then listed.amount end
    ) as amount,
    line.unit_price,
    line.amount_per_period,
    coalesce(line.term, mission.term, 'ARREARS') as term,
    line.index_code,
    line.index_series,
    line.base_month,
    line.revision_month,
    line.cap_pct,
    line.floor_pct,
    line.periodicity,
    {{ period_months('line.periodicity') }} as period_months,
    line.first_due_date,
    line.instalments,
    line.rounding,
    line.proration,
    line.place,
    line.source_file,
    line.source_row,
from line
inner join document
    on line.document_id = document.document_id and line.version = document.version
left join {{ ref('stg_fiscal_year') }} as fiscal_year
    on document.client_file_id = fiscal_year.client_file_id and document.fy_label = fiscal_year.fy_label
left join listed
    on
        line.document_id = listed.document_id
        and line.version = listed.version
        and line.line_no = listed.line_no
left join mission_by_code
    on
        document.client_file_id = mission_by_code.client_file_id
        and document.fy_label = mission_by_code.fy_label
        and line.mission_code = mission_by_code.mission_code
left join mission_by_wording
    on
        line.place is not null
        and line.mission_id is null
        and mission_by_code.mission_id is null
        and document.client_file_id = mission_by_wording.client_file_id
        and document.fy_label = mission_by_wording.fy_label
        and {{ name_in_year('line.mission_code', 'document.fy_label') }} = mission_by_wording.wording
left join mission
    on coalesce(line.mission_id, mission_by_code.mission_id, mission_by_wording.mission_id) = mission.mission_id
