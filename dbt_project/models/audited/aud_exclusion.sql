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
    cast(null as {{ text_type() }}) as contract_id,
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
    line.contract_id,
from {{ ref('aud_line') }} as line
inner join {{ ref('aud_evidence') }} as evidence
    on line.line_key = evidence.line_key
where line.excluded_as is not null and line.rule_id is null

union all

-- Of a contract it is the period or the true-up that waits, not the row of the rule.
select
    'billing_rule',
    line.rule_id || '|' || cast(
        case line.billing_mode when 'TRUE_UP' then line.due_date else line.period_start end as {{ text_type() }}
    ),
    rule.source_file,
    rule.source_row,
    line.client_file_id,
    line.excluded_as,
    line.line_key,
    line.amount_net,
    line.contract_id,
from {{ ref('aud_line') }} as line
inner join {{ ref('int_contract_rule') }} as rule
    on line.rule_id = rule.rule_id
where line.excluded_as is not null

union all

-- Periods offered at the beginning of a contract, in the month they would have been invoiced.
select
    'billing_rule',
    free.rule_id || '|' || cast(free.period_start as {{ text_type() }}),
    free.source_file,
    free.source_row,
    cast(null as {{ text_type() }}),
    'FREE_PERIOD',
    cast(free.period_start as {{ text_type() }}) || '..' || cast(free.period_end as {{ text_type() }}),
    free.amount,
    free.contract_id,
from {{ ref('int_contract_free_period') }} as free
inner join {{ ref('int_contract_window') }} as contract_window
    on free.contract_id = contract_window.contract_id
where contract_window.is_open
