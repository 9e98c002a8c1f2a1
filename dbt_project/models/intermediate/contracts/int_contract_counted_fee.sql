-- The flat fees each due true-up settles: billed, not settled before, and over before the control date. In arrears the
-- fees that fall due with the true-up count as well. Grain: identity × period_start.
with run_context as (

    select * from {{ ref('stg_run_context') }}

),

fee as (

    select
        rule_id,
        period_start,
        period_end,
        included_units,
        source_table,
        source_key,
        source_file,
        source_row,
    from {{ ref('int_contract_history') }}
    where not is_regularised

    union all

    select
        fee.rule_id,
        fee.period_start,
        fee.period_end,
        fee.included_units,
        'billing_rule',
        fee.rule_id || '|' || cast(fee.period_start as {{ text_type() }}),
        fee.source_file,
        fee.source_row,
    from {{ ref('int_contract_fee') }} as fee
    inner join {{ ref('int_contract_rule') }} as rule
        on fee.rule_id = rule.rule_id
    where rule.term = 'ARREARS' and not fee.is_recorded

)

select
    metered.identity,
    fee.*,
from {{ ref('int_contract_metered') }} as metered
cross join run_context
inner join fee
    on metered.rule_id = fee.rule_id and fee.period_end < run_context.control_date
where metered.billing_mode = 'TRUE_UP'
