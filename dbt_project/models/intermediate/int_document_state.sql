-- Each version of each letter: refused, waiting for a person to confirm it, superseded by a later accepted version, or
-- live. Grain: document × version.
with document as (

    select * from {{ ref('stg_document') }}

),

refused as (

    select distinct
        document_id,
        version,
    from {{ ref('int_document_refusal') }}

),

judged as (

    select
        document.document_id,
        document.version,
        refused.document_id is not null as is_refused,
        -- What was confirmed is the content a person saw: delivered again with another one, the letter waits anew.
        document.to_confirm is not null and confirmation.document_id is null as is_waiting,
    from document
    left join refused
        on document.document_id = refused.document_id and document.version = refused.version
    left join {{ ref('stg_document_confirmation') }} as confirmation
        on
            document.document_id = confirmation.document_id
            and document.version = confirmation.version
            and document.to_confirm = confirmation.content_hash

),

accepted as (

    select
        document_id,
        version,
        row_number() over (partition by document_id order by version desc) as recency,
    from judged
    where not is_refused and not is_waiting

)

select
    judged.document_id,
    judged.version,
    case
        when judged.is_refused then 'REFUSED'
        when judged.is_waiting then 'TO_CONFIRM'
        when accepted.recency = 1 then 'LIVE'
        else 'SUPERSEDED'
    end as state,
from judged
left join accepted
    on judged.document_id = accepted.document_id and judged.version = accepted.version
