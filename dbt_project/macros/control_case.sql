{#-
  The columns every control table begins with. A control table has one row per case in scope (the denominator of its
  rule) and, after these columns, the facts its expectation compares; never a verdict.
    case_id       what names the case within the table
    subject_*     what must be mended
    amount_at_stake, hold_scope, hold_key   what is held if the case fails: an 'item', a 'line', a 'mission', a 'client',
                  a 'contract', a 'rule', what a rule meters ('metered'), or 'none'
    cause_code    the anomaly of which this one would only be a symptom
-#}
{% macro control_case(
    case_id, subject_type, subject_id, client_id, client_file_id,
    severity="'critical'", amount_at_stake='null', hold_scope='none', hold_key='null', cause_code='null',
    contract_id='null'
) -%}
cast({{ case_id }} as {{ text_type() }}) as case_id,
    run_context.month as month,
    run_context.control_date as control_date,
    '{{ subject_type }}' as subject_type,
    cast({{ subject_id }} as {{ text_type() }}) as subject_id,
    {{ client_id }} as client_id,
    {{ client_file_id }} as client_file_id,
    {{ severity }} as severity,
    cast({{ amount_at_stake }} as decimal(18, 2)) as amount_at_stake,
    '{{ hold_scope }}' as hold_scope,
    cast({{ hold_key }} as {{ text_type() }}) as hold_key,
    cast({{ cause_code }} as {{ text_type() }}) as cause_code,
    cast({{ contract_id }} as {{ text_type() }}) as contract_id
{%- endmacro %}
