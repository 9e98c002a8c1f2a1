-- Exclusions of the run, and the input rows of lines that a person took out. Grain as int_exclusion.
select
    source_table,
    source_key,
    source_file,
    source_row,
    client_file_id,
    reason_code,
    detail,
    amount,
from {{ ref('int_exclusion') }}

union all

select
    evidence.source_table,
    evidence.source_key,
    evidence.source_file,
    evidence.source_row,
    line.client_file_id,
    line.excluded_as,
    line.line_key,
    evidence.amount,
from {{ ref('aud_line') }} as line
inner join {{ ref('aud_evidence') }} as evidence
    on line.line_key = evidence.line_key
where line.excluded_as is not null
