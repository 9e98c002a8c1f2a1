-- Each version of each letter: refused, superseded by a later accepted version, or live. Grain: document × version.
with document as (

    select * from {{ ref('stg_document') }}

),

refused as (

    select distinct
        document_id,
        version,
    from {{ ref('int_document_refusal') }}

),

accepted as (

    select
        document.document_id,
        document.version,
        row_number() over (partition by document.document_id order by document.version desc) as recency,
    from document
    left join refused
        on document.document_id = refused.document_id and document.version = refused.version
    where refused.document_id is null

)

select
    document.document_id,
    document.version,
    case
        when accepted.recency is null then 'REFUSED'
        when accepted.recency = 1 then 'LIVE'
        else 'SUPERSEDED'
    end as state,
from document
left join accepted
    on document.document_id = accepted.document_id and document.version = accepted.version
