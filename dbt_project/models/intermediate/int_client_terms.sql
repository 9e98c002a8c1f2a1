-- What a client file pays for a service apart from the catalogue: its client prices, and unit prices of its letters
-- (a client price given as such comes first). Grain: client_file_id × service_code × valid_from × precedence.
with client_price as (

    select
        client_file_id,
        service_code,
        valid_from,
        valid_to,
        unit_price,
        discount_pct,
        'client_price' as price_table,
        price_key,
        0 as precedence,
    from {{ ref('stg_client_price') }}

),

letter_price as (

    select
        line.client_file_id,
        line.service_code,
        -- The letter's own dates, else the fiscal year.
        case when line.effective_from = {{ beginning_of_time() }} then line.fy_start else line.effective_from end
            as valid_from,
        case when line.effective_to = {{ end_of_time() }} then line.fy_end else line.effective_to end as valid_to,
        line.unit_price,
        cast(null as decimal(9, 4)) as discount_pct,
        'document' as price_table,
        line.document_id || '|' || line.version || '|' || line.line_no as price_key,
        1 as precedence,
    from {{ ref('int_document_line') }} as line
    inner join {{ ref('int_document_state') }} as document_state
        on line.document_id = document_state.document_id and line.version = document_state.version
    where line.billing_mode = 'UNIT' and line.unit_price is not null and document_state.state = 'LIVE'

)

select * from client_price
union all
select * from letter_price
