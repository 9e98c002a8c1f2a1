-- The contracts' share of the month as items, one for each line. Below the threshold of its contract everything due
-- waits, what has no amount apart. Grain: item_key.
with summed as (

    select
        contract_id,
        sum(amount) as amount,
    from {{ ref('int_contract_due') }}
    group by contract_id

),

settled as (

    select
        rule_id,
        period_start,
    from {{ ref('int_contract_counted_fee') }}

),

unsettled as (

    -- What the recorded fees a true-up leaves include: where a run without the check begins to count anew.
    select
        history.rule_id,
        sum(history.included_units) as units,
    from {{ ref('int_contract_history') }} as history
    left join settled
        on history.rule_id = settled.rule_id and history.period_start = settled.period_start
    where not history.is_regularised and settled.rule_id is null
    group by history.rule_id

)

select
    due.identity,
    'ORIGINAL' as kind,
    due.identity as item_key,
    due.identity as source_item_key,
    due.identity as line_key,
    due.identity as group_key,
    due.billing_mode,
    due.client_id,
    cast(null as {{ text_type() }}) as client_file_id,
    cast(null as {{ text_type() }}) as fy_label,
    cast(null as {{ text_type() }}) as mission_id,
    due.service_code,
    due.label,
    due.period_start,
    due.period_end,
    due.due_date,
    due.origin_month,
    due.quantity,
    due.unit_price,
    cast(null as decimal(9, 4)) as discount_pct,
    due.amount,
    cast(null as bigint) as minutes,
    due.amount as agreed_amount,
    cast(null as integer) as document_version,
    -- What was validated of a contract is not compared with its input again: what changes, changes what comes.
    cast(null as {{ text_type() }}) as inputs_hash,
    cast(null as {{ text_type() }}) as source_hash,
    due.source_ref,
    cast(null as {{ text_type() }}) as adjusts_line_key,
    cast(null as {{ text_type() }}) as billed_vat_code,
    cast(null as decimal(9, 4)) as billed_vat_rate,
    due.contract_id,
    due.rule_id,
    case
        when due.billing_mode = 'TRUE_UP' and override.contract_id is not null
            then cast(coalesce(unsettled.units, 0) as decimal(18, 4))
        else due.included_units
    end as included_units,
    due.offered_used as offered_units,
    override.contract_id is not null as is_rebased,
    contract.billing_threshold > 0
    and due.amount is not null
    and summed.amount < contract.billing_threshold as is_waiting,
from {{ ref('int_contract_due') }} as due
inner join {{ ref('stg_service_contract') }} as contract
    on due.contract_id = contract.contract_id
inner join summed
    on due.contract_id = summed.contract_id
left join {{ ref('stg_run_override') }} as override
    on due.contract_id = override.contract_id
left join unsettled
    on due.rule_id = unsettled.rule_id
