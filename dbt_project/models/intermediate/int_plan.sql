-- Live plans, by hand or out of letters: one per plan key (client file, fiscal year, mission) and origin.
with hand as (

    select
        plan_id,
        client_file_id,
        fy_label,
        mission_id,
        total_amount,
        'billing_plan' as origin,
    from {{ ref('stg_billing_plan') }}
    where status = 'ACTIVE'

),

letter as (

    select distinct
        line.document_id || '|' || line.known_mission_id as plan_id,
        line.client_file_id,
        line.fy_label,
        line.known_mission_id as mission_id,
        cast(null as decimal(18, 2)) as total_amount,
        'document' as origin,
    from {{ ref('int_document_line') }} as line
    inner join {{ ref('int_document_state') }} as document_state
        on line.document_id = document_state.document_id and line.version = document_state.version
    where line.billing_mode = 'FLAT' and document_state.state = 'LIVE'

)

select * from hand
union all
select * from letter
