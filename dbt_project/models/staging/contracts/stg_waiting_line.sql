-- Lines that drafts only defer, below the threshold of their contract. Grain: month × line_key.
select
    month,
    line_key,
from {{ source('raw', 'waiting_line') }}
