-- For anomalies of contracts with a mechanical remedy: the rows of `correction` that would mend them, for a person to
-- review. Nothing applies them. Those of a rule take effect at the control date, a moved true-up day once the true-up that
-- is due is billed. Grain: code × subject_id × table_name × row_key × column_name.
with run_context as (

    select * from {{ ref('stg_run_context') }}

),

anomaly as (

    select * from {{ ref('aud_anomaly') }} where status = 'OPEN'

),

rule as (

    select
        rule.*,
        run_context.control_date,
        coalesce(stake.true_ups, 0) > 0 as is_true_up_due,
        {{ anchored_date('rule.next_true_up_date', 0, 'rule.invoice_day') }} as true_up_on_fee_day,
        {{ anchored_date('rule.next_true_up_date', 'rule.true_up_months', 'rule.invoice_day') }} as next_true_up_on_fee_day,
        {{ anchored_date('rule.next_true_up_date', 0, day_of_month('rule.last_true_up_date')) }} as true_up_on_last_day,
    from {{ ref('int_contract_rule') }} as rule
    cross join run_context
    left join {{ ref('int_contract_stake') }} as stake
        on rule.rule_id = stake.rule_id

),

missing as (

    select
        missing.subject_id,
        missing.hold_key as rule_id,
        missing.period_end,
    from {{ ref('ctl_history_missing') }} as missing

),

twin as (

    select distinct
        twin.subject_id as quantity_id,
        twin.older_quantity_id,
    from {{ ref('ctl_quantity_twin') }} as twin

),

twin_reading as (

    select
        twin.quantity_id,
        twin.older_quantity_id,
        reading.source_key,
        reading.value,
        reading.reading_date,
        case when reading.origin in ('CUSTOMER', 'PROVIDER', 'ESTIMATE') then reading.origin else 'CUSTOMER' end as origin,
    from twin
    inner join {{ ref('int_meter_reading') }} as reading
        on twin.quantity_id = reading.quantity_id

),

proposal as (

    {% set of_rule = 'anomaly.subject_id = rule.rule_id' %}
    {% set always = 'cast(null as date)' %}
    {{ proposed('AN-10', 'rule', of_rule, 'billing_rule', 'rule.rule_id', 'true_up_period_start', 'rule.last_true_up_date') }}
    union all
    {% set after_true_up = 'case when rule.is_true_up_due then ' ~ next_day('rule.control_date') ~ ' else rule.control_date end' %}
    {{ proposed('AN-15', 'rule', of_rule, 'billing_rule', 'rule.rule_id', 'true_up_day', 'rule.invoice_day', after_true_up) }}
    union all
    {{ proposed(
        'AN-15', 'rule', of_rule, 'billing_rule', 'rule.rule_id', 'next_true_up_date',
        'case when rule.is_true_up_due then rule.next_true_up_on_fee_day else rule.true_up_on_fee_day end', after_true_up
    ) }}
    union all
    {{ proposed('AN-17', 'rule', of_rule, 'billing_rule', 'rule.rule_id', 'accumulated_units', 'rule.open_units') }}
    union all
    {% set of_period = 'anomaly.subject_id = missing.subject_id inner join rule on missing.rule_id = rule.rule_id' %}
    {{ proposed('AN-18', 'missing', of_period, 'flat_fee_history', 'missing.subject_id', 'period_end', 'missing.period_end', always) }}
    union all
    {{ proposed('AN-18', 'missing', of_period, 'flat_fee_history', 'missing.subject_id', 'included_units', 'rule.included_units', always) }}
    union all
    {{ proposed('AN-18', 'missing', of_period, 'flat_fee_history', 'missing.subject_id', 'amount', 'rule.amount', always) }}
    union all
    -- The reviewer puts the invoice here.
    {{ proposed('AN-18', 'missing', of_period, 'flat_fee_history', 'missing.subject_id', 'invoice_ref', "'?'", always) }}
    union all
    {{ proposed(
        'AN-19', (ref('stg_flat_fee_history') | string) ~ ' as history',
        'anomaly.subject_id = history.source_key', 'flat_fee_history', 'history.source_key', '_deleted', "'true'", always
    ) }}
    union all
    {{ proposed('AN-22', 'rule', of_rule, 'billing_rule', 'rule.rule_id', 'true_up_day', day_of_month('rule.last_true_up_date')) }}
    union all
    {{ proposed('AN-22', 'rule', of_rule, 'billing_rule', 'rule.rule_id', 'next_true_up_date', 'rule.true_up_on_last_day') }}
    union all
    {% set of_twin = 'anomaly.subject_id = twin_reading.quantity_id' %}
    {% set new_key = "twin_reading.older_quantity_id || '|' || cast(twin_reading.reading_date as " ~ text_type() ~ ") || '|' || twin_reading.origin" %}
    {{ proposed('AN-23', 'twin_reading', of_twin, 'meter_reading', new_key, 'value', 'twin_reading.value', always) }}
    union all
    {{ proposed('AN-23', 'twin_reading', of_twin, 'meter_reading', 'twin_reading.source_key', '_deleted', "'true'", always) }}
    union all
    {{ proposed('AN-23', 'twin cross join run_context', 'anomaly.subject_id = twin.quantity_id', 'quantity', 'twin.quantity_id', 'retired_on', 'run_context.control_date', always) }}

)

select distinct * from proposal
