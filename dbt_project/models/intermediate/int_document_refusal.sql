-- Why a letter cannot be billed as it reads. One row per fault; a letter with any is refused whole.
with line as (

    select * from {{ ref('int_document_line') }}

),

instalment as (

    select * from {{ ref('int_document_instalment') }}

),

document as (

    select * from {{ ref('stg_document') }}

),

billed_elsewhere as (

    -- Validated under an earlier version, in a month this one plans nothing for: part of the line's total all the same.
    select
        line.document_id,
        line.version,
        line.line_no,
        sum(billed.agreed_amount) as agreed_amount,
    from line
    inner join {{ ref('stg_ledger_item') }} as billed
        on
            {{ begins_with("billed.identity", "'FLAT|' || line.document_id || '|' || line.line_no || '|'") }}
            and billed.document_version < line.version
    left join instalment
        on
            line.document_id = instalment.document_id
            and line.version = instalment.version
            and line.line_no = instalment.line_no
            and billed.identity
            = 'FLAT|' || instalment.document_id || '|' || instalment.line_no || '|' || instalment.due_key
    where billed.is_live and instalment.due_key is null
    group by line.document_id, line.version, line.line_no

),

line_total as (

    select
        line.document_id,
        line.version,
        line.line_no,
        line.amount as agreed,
        line.source_row,
        line.place,
        sum(instalment.agreed_amount) + coalesce(max(billed_elsewhere.agreed_amount), 0) as instalments,
    from line
    inner join instalment
        on
            line.document_id = instalment.document_id
            and line.version = instalment.version
            and line.line_no = instalment.line_no
    left join billed_elsewhere
        on
            line.document_id = billed_elsewhere.document_id
            and line.version = billed_elsewhere.version
            and line.line_no = billed_elsewhere.line_no
    group by line.document_id, line.version, line.line_no, line.amount, line.source_row, line.place

),

document_total as (

    select
        document_id,
        version,
        sum(instalments) as instalments,
    from line_total
    group by document_id, version

),

fault as (

    select
        document_id,
        version,
        cast(null as bigint) as source_row,
        cast(null as {{ text_type() }}) as place,
        'client_file_id' as column_name,
        document.client_file_id as value,
        'UNKNOWN_CLIENT_FILE' as fault,
        cast(null as {{ text_type() }}) as fact,
    from document
    left join {{ ref('stg_client_file') }} as client_file
        on document.client_file_id = client_file.client_file_id
    where client_file.client_file_id is null

    union all

    select
        document.document_id,
        document.version,
        null,
        null,
        'fy_label',
        document.fy_label,
        'UNKNOWN_FISCAL_YEAR',
        document.client_file_id,
    from document
    inner join {{ ref('stg_client_file') }} as client_file
        on document.client_file_id = client_file.client_file_id
    left join {{ ref('stg_fiscal_year') }} as fiscal_year
        on document.client_file_id = fiscal_year.client_file_id and document.fy_label = fiscal_year.fy_label
    where fiscal_year.fy_label is null

    union all

    select
        document_id,
        version,
        source_row,
        place,
        'mission_id',
        recorded_mission,
        case when known_mission_id is null then 'UNKNOWN_MISSION' else 'MISSION_OF_ANOTHER_FILE' end,
        mission_client_file_id,
    from line
    where known_mission_id is null or mission_client_file_id <> client_file_id

    union all

    select
        document_id,
        version,
        source_row,
        place,
        'amount',
        cast(agreed as {{ text_type() }}),
        'INSTALMENTS_DIFFER_FROM_LINE',
        cast(instalments as {{ text_type() }}),
    from line_total
    where agreed <> instalments

    union all

    select
        document.document_id,
        document.version,
        null,
        null,
        'total_fee',
        cast(document.total_fee as {{ text_type() }}),
        'LINES_DIFFER_FROM_TOTAL',
        cast(coalesce(document_total.instalments, 0) as {{ text_type() }}),
    from document
    left join document_total
        on document.document_id = document_total.document_id and document.version = document_total.version
    where document.total_fee <> coalesce(document_total.instalments, 0)

    union all

    select
        instalment.document_id,
        instalment.version,
        line.source_row,
        line.place,
        'due_date',
        cast(instalment.due_date as {{ text_type() }}),
        case when instalment.due_date is null then 'NO_DUE_DATE' else 'OUTSIDE_MISSION' end,
        line.known_mission_id || ' ' || cast(line.mission_start as {{ text_type() }}) || '..'
        || case
            when line.mission_end = {{ end_of_time() }} then ''
            else cast(line.mission_end as {{ text_type() }})
        end,
    from instalment
    inner join line
        on
            instalment.document_id = line.document_id
            and instalment.version = line.version
            and instalment.line_no = line.line_no
    where
        line.known_mission_id is not null
        and (
            instalment.due_date is null
            or (
                not instalment.is_balance
                and (instalment.due_date < line.mission_start or instalment.due_date > line.mission_end)
            )
        )

    union all

    select
        instalment.document_id,
        instalment.version,
        line.source_row,
        line.place,
        'amount',
        null,
        'NO_AMOUNT',
        cast(instalment.instalment_no as {{ text_type() }}),
    from instalment
    inner join line
        on
            instalment.document_id = line.document_id
            and instalment.version = line.version
            and instalment.line_no = line.line_no
    where line.known_mission_id is not null and instalment.agreed_amount is null

    union all

    -- A flat line that plans nothing: no schedule, no list, or a schedule without any day in the mission.
    select
        line.document_id,
        line.version,
        line.source_row,
        line.place,
        'instalments',
        null,
        'NO_INSTALMENT',
        line.recorded_mission,
    from line
    left join instalment
        on
            line.document_id = instalment.document_id
            and line.version = instalment.version
            and line.line_no = instalment.line_no
    where
        line.billing_mode = 'FLAT'
        and line.known_mission_id is not null
        and line.fy_start is not null
        and instalment.line_no is null

)

select
    fault.document_id,
    fault.version,
    document.source_file,
    coalesce(fault.source_row, document.source_row) as source_row,
    fault.place as source_place,
    fault.column_name,
    fault.value,
    fault.fault,
    fault.fact,
from fault
inner join document
    on fault.document_id = document.document_id and fault.version = document.version
