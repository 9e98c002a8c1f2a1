-- Flat fees billed so far, by the software before prefact or by validations, each settled or not by a true-up.
-- Grain: rule_id × period_start.
with billed as (

    select * from {{ ref('stg_ledger_contract_item') }}

),

fee as (

    select
        history.rule_id,
        history.period_start,
        history.period_end,
        history.included_units,
        history.amount,
        history.invoice_ref is not null or coalesce(billed.has_invoice, false) as has_invoice,
        history.is_below_threshold,
        history.regularised_on,
        false as is_from_ledger,
        billed.control_date,
        billed.seq,
        'flat_fee_history' as source_table,
        history.source_key,
        history.source_file,
        history.source_row,
    from {{ ref('stg_flat_fee_history') }} as history
    left join billed
        on
            history.rule_id = billed.rule_id
            and history.period_start = billed.period_start
            and billed.billing_mode = 'CONTRACT_FLAT'

    union all

    select
        billed.rule_id,
        billed.period_start,
        billed.period_end,
        billed.included_units,
        billed.amount,
        billed.has_invoice,
        not billed.has_invoice,
        cast(null as date),
        true,
        billed.control_date,
        billed.seq,
        'ledger',
        billed.line_key,
        cast(null as {{ text_type() }}),
        cast(null as bigint),
    from billed
    left join {{ ref('stg_flat_fee_history') }} as history
        on billed.rule_id = history.rule_id and billed.period_start = history.period_start
    where billed.billing_mode = 'CONTRACT_FLAT' and history.rule_id is null

),

settled as (

    -- The first validated true-up that counted the fee: it looked past the end of the period and, in advance, the fee
    -- was billed by then. In arrears the fees that fall due with a true-up count as well.
    select
        fee.rule_id,
        fee.period_start,
        min(billed.control_date) as control_date,
        min(billed.seq) as seq,
    from fee
    inner join billed
        on
            fee.rule_id = billed.rule_id
            and billed.billing_mode = 'TRUE_UP'
            and fee.period_end < billed.control_date
    inner join {{ ref('stg_billing_rule') }} as rule
        on fee.rule_id = rule.rule_id
    where
        fee.regularised_on is null
        and (rule.term = 'ARREARS' or fee.seq is null or fee.seq < billed.seq)
    group by fee.rule_id, fee.period_start

)

select
    fee.*,
    settled.control_date as settled_at,
    settled.seq as settled_seq,
    fee.regularised_on is not null or settled.control_date is not null as is_regularised,
from fee
left join settled
    on fee.rule_id = settled.rule_id and fee.period_start = settled.period_start
