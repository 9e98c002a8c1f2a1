select
    document_id,
    version,
    content_hash,
from {{ source('raw', 'document_confirmation') }}
