-- AN-14. Scope: active contracts. A rule may still bill when something of it is due now, or a next date comes before
-- its contract and its modules end; what bills the last period once they have ended counts until then.
with rule as (

    select
        *,
        least(contract_covers_until, module_covers_until) as ends_on,
        case when term = 'ADVANCE' then next_invoice_date else {{ previous_day('next_invoice_date') }} end as next_fee_on,
        case when type = 'FLAT_WITH_TRUE_UP' then {{ previous_day('next_true_up_date') }} end as next_true_up_on,
    from {{ ref('int_contract_rule') }}
    where is_active

),

billable as (

    select
        rule.contract_id,
        count(
            case
                when
                    stake.rule_id is not null
                    or rule.next_fee_on <= rule.ends_on
                    or rule.next_true_up_on <= rule.ends_on
                    or (
                        run_context.control_date <= rule.ends_on
                        and (
                            {{ add_months('rule.next_fee_on', '-rule.period_months') }} <= rule.ends_on
                            or {{ add_months('rule.next_true_up_on', '-rule.true_up_months') }} <= rule.ends_on
                        )
                    )
                    then 1
            end
        ) as rules,
    from rule
    cross join {{ ref('stg_run_context') }} as run_context
    left join {{ ref('int_contract_stake') }} as stake
        on rule.rule_id = stake.rule_id
    group by rule.contract_id

)

select
    {{ control_case(
        'contract.contract_id', 'contract', 'contract.contract_id', 'contract.client_id',
        'cast(null as ' ~ text_type() ~ ')',
        hold_scope='contract', hold_key='contract.contract_id', contract_id='contract.contract_id'
    ) }},
    coalesce(billable.rules, 0) as billable_rules,
from {{ ref('stg_service_contract') }} as contract
cross join {{ ref('stg_run_context') }} as run_context
left join billable
    on contract.contract_id = billable.contract_id
where contract.status = 'ACTIVE'
