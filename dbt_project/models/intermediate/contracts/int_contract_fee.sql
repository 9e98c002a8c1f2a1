-- Flat fees that have come due by the control date and are neither in the history nor in the ledger, one per period of
-- the rule's grid; and those the history records but nobody invoiced, since the contract was below its threshold.
-- Grain: rule_id × period_start.
with rule as (

    select rule.*
    from {{ ref('int_contract_rule') }} as rule
    where rule.is_active and rule.type in ('FLAT_AMOUNT', 'FLAT_WITH_TRUE_UP')

),

open_due as (

    select
        due.rule_id,
        due.period_start,
        due.period_end,
        due.slice_start,
        due.slice_end,
        due.invoice_date,
        rule.source_key,
        rule.source_file,
        rule.source_row,
    from {{ ref('int_contract_period') }} as due
    inner join rule
        on due.rule_id = rule.rule_id
    left join {{ ref('int_contract_history') }} as history
        on due.rule_id = history.rule_id and due.period_start = history.period_start
    where history.rule_id is null

),

fee as (

    select
        open_due.rule_id,
        open_due.period_start,
        open_due.period_end,
        open_due.invoice_date,
        {{ contract_fee('rule', 'open_due') }} as amount,
        rule.included_units,
        false as is_recorded,
        'billing_rule' as source_table,
        open_due.source_key,
        open_due.source_file,
        open_due.source_row,
    from open_due
    inner join rule
        on open_due.rule_id = rule.rule_id

    union all

    -- Recorded below the threshold before prefact, not invoiced since.
    select
        history.rule_id,
        history.period_start,
        history.period_end,
        {{ invoice_date('rule.term', 'history.period_start', 'history.period_end') }},
        coalesce(history.amount, rule.amount),
        history.included_units,
        true,
        history.source_table,
        history.source_key,
        history.source_file,
        history.source_row,
    from {{ ref('int_contract_history') }} as history
    inner join rule
        on history.rule_id = rule.rule_id
    where history.is_below_threshold and not history.has_invoice and not history.is_from_ledger

)

select
    fee.rule_id,
    fee.period_start,
    fee.period_end,
    fee.invoice_date,
    fee.amount,
    fee.included_units,
    fee.is_recorded,
    fee.source_table,
    fee.source_key,
    fee.source_file,
    fee.source_row,
from fee
