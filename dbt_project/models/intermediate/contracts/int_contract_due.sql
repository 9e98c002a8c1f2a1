-- Everything due of contracts by the control date, and what waits below a threshold since: flat fees, true-ups and
-- consumptions, with the month that has them. What another month stands as a draft for stays there, unless it only
-- waits there; the month being run takes the rest, while it is open for the contract. Grain: identity.
with run_context as (

    select * from {{ ref('stg_run_context') }}

),

due as (

    select
        'FEE|' || fee.rule_id || '|' || cast(fee.period_start as {{ text_type() }}) as identity,
        fee.rule_id,
        'CONTRACT_FLAT' as billing_mode,
        fee.period_start,
        fee.period_end,
        fee.invoice_date as due_date,
        cast(1 as decimal(18, 4)) as quantity,
        cast(fee.amount as decimal(18, 6)) as unit_price,
        fee.amount,
        fee.included_units,
        cast(null as decimal(18, 4)) as offered_used,
        fee.source_table || ' ' || fee.source_key as source_ref,
    from {{ ref('int_contract_fee') }} as fee

    union all

    select
        identity,
        rule_id,
        billing_mode,
        period_start,
        period_end,
        due_date,
        quantity,
        unit_price,
        -- An amount nobody could bill is none: a reading, a formula or the price is wrong.
        case
            when abs({{ decimal_units('quantity', 4) }} * {{ decimal_units('unit_price', 6) }}) < 1{{ '0' * 22 }}
                then {{ line_amount('quantity', 'unit_price', 'null') }}
        end,
        cast(null as decimal(18, 4)),
        offered_used,
        'billing_rule ' || rule_id,
    from {{ ref('int_contract_consumption') }}

    union all

    -- Recorded by a validation below the threshold, with the figures it had then.
    select
        billed.identity,
        billed.rule_id,
        billed.billing_mode,
        billed.period_start,
        billed.period_end,
        billed.due_date,
        billed.quantity,
        billed.unit_price,
        billed.amount,
        billed.included_units,
        billed.offered_units,
        billed.source_ref,
    from {{ ref('stg_ledger_contract_item') }} as billed
    left join {{ ref('int_contract_fee') }} as fee
        on billed.rule_id = fee.rule_id and billed.period_start = fee.period_start
        and billed.billing_mode = 'CONTRACT_FLAT'
    where not billed.has_invoice and fee.rule_id is null

),

held_back as (

    select distinct due.identity
    from due
    cross join run_context
    inner join {{ ref('int_contract_rule') }} as rule
        on due.rule_id = rule.rule_id
    inner join {{ ref('stg_standing_draft') }} as draft
        on
            rule.contract_id = draft.contract_id
            and draft.month < run_context.month
            and draft.month >= {{ month_key('due.due_date') }}
            and draft.control_date >= due.due_date
    left join {{ ref('stg_waiting_line') }} as waiting
        on draft.month = waiting.month and due.identity = waiting.line_key
    where waiting.line_key is null

)

select
    due.identity,
    due.rule_id,
    rule.contract_id,
    rule.client_id,
    rule.module_id,
    rule.service_code,
    coalesce(rule.module_label, service.label) as label,
    due.billing_mode,
    due.period_start,
    due.period_end,
    due.due_date,
    {{ month_key('due.due_date') }} as origin_month,
    due.quantity,
    due.unit_price,
    due.amount,
    due.included_units,
    due.offered_used,
    due.source_ref,
from due
inner join {{ ref('int_contract_rule') }} as rule
    on due.rule_id = rule.rule_id
inner join {{ ref('stg_service') }} as service
    on rule.service_code = service.service_code
inner join {{ ref('int_contract_window') }} as contract_window
    on rule.contract_id = contract_window.contract_id
left join held_back
    on due.identity = held_back.identity
where contract_window.is_open and held_back.identity is null
