-- Corrections in force that speak of a line: of a row behind it, or of its rule, contract, mission, client or service.
-- Grain: month × line_key × correction_id.
with run_context as (

    select * from {{ ref('stg_run_context') }}

),

line as (

    select line.*
    from {{ ref('prebill_line') }} as line
    inner join run_context
        on line.month = run_context.month

),

subject as (

    select
        evidence.line_key,
        evidence.source_table as table_name,
        evidence.source_key as row_key,
    from {{ ref('prebill_evidence') }} as evidence
    inner join run_context
        on evidence.month = run_context.month

    {% for table, key in [
        ('billing_rule', 'rule_id'), ('service_contract', 'contract_id'), ('mission', 'mission_id'),
        ('client', 'client_id'), ('service', 'service_code'),
    ] %}
    union

    select
        line_key,
        '{{ table }}',
        {{ key }},
    from line
    where {{ key }} is not null
    {% endfor %}

)

select
    run_context.month,
    subject.line_key,
    correction.correction_id,
    correction.table_name,
    correction.row_key,
    correction.column_name,
    correction.old_value,
    correction.new_value,
    correction.reason,
    correction.author,
    correction.effective_from,
from subject
cross join run_context
inner join {{ ref('stg_applied_correction') }} as correction
    on subject.table_name = correction.table_name and subject.row_key = correction.row_key
