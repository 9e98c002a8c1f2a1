-- Every planned instalment with its provenance: hand plans and all accepted versions of letters.
-- `state` is LIVE, SUPERSEDED (an older version of a letter), TO_CONFIRM (a letter nobody confirmed yet) or CANCELLED (a
-- plan withdrawn by hand).
with hand as (

    select
        line.plan_id,
        'FLAT|' || line.source_key as line_key,
        cast(null as integer) as document_version,
        line.amount as agreed_amount,
        {{ fingerprint(['line.due_date', 'line.amount', 'plan.mission_id', 'mission.service_code']) }} as inputs_hash,
        plan.client_file_id,
        plan.fy_label,
        plan.mission_id,
        client_file.client_id,
        coalesce(mission.term, 'ARREARS') as term,
        line.due_date,
        line.period_start,
        line.period_end,
        line.is_balance,
        line.amount,
        coalesce(line.label, mission.label) as label,
        mission.service_code,
        case when plan.status = 'ACTIVE' then 'LIVE' else 'CANCELLED' end as state,
        'billing_plan_line' as source_table,
        line.source_key,
        line.source_key as subject_id,
        line.source_file,
        line.source_row,
        cast(null as {{ text_type() }}) as index_key,
    from {{ ref('stg_billing_plan_line') }} as line
    inner join {{ ref('stg_billing_plan') }} as plan
        on line.plan_id = plan.plan_id
    inner join {{ ref('stg_client_file') }} as client_file
        on plan.client_file_id = client_file.client_file_id
    left join {{ ref('stg_mission') }} as mission
        on plan.mission_id = mission.mission_id

),

letter as (

    select
        line.document_id || '|' || line.known_mission_id as plan_id,
        'FLAT|' || line.document_id || '|' || line.line_no || '|' || instalment.due_key as line_key,
        line.version as document_version,
        instalment.agreed_amount,
        {{ fingerprint([
            'instalment.due_date', 'instalment.agreed_amount', 'instalment.amount', 'line.known_mission_id',
            'line.service_code',
        ]) }} as inputs_hash,
        line.client_file_id,
        line.fy_label,
        line.known_mission_id as mission_id,
        mission.client_id,
        line.term,
        instalment.due_date,
        instalment.period_start,
        instalment.period_end,
        instalment.is_balance,
        instalment.amount,
        line.label,
        line.service_code,
        document_state.state,
        'document' as source_table,
        line.document_id || '|' || line.version || '|' || line.line_no || '|' || instalment.instalment_no as source_key,
        line.document_id || '|' || line.line_no || '|' || instalment.due_key as subject_id,
        line.source_file,
        line.source_row,
        instalment.index_key,
    from {{ ref('int_document_instalment') }} as instalment
    inner join {{ ref('int_document_line') }} as line
        on
            instalment.document_id = line.document_id
            and instalment.version = line.version
            and instalment.line_no = line.line_no
    inner join {{ ref('int_document_state') }} as document_state
        on line.document_id = document_state.document_id and line.version = document_state.version
    inner join {{ ref('stg_mission') }} as mission
        on line.known_mission_id = mission.mission_id
    where document_state.state <> 'REFUSED'

),

unioned as (

    select * from hand
    union all
    select * from letter

)

select
    unioned.*,
    {{ month_key('unioned.due_date') }} as home_month,
from unioned
