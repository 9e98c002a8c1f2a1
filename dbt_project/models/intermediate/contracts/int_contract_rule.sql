-- Billing rules with the state they are in for the run: what the input says, moved on by what was validated since. A
-- correction with a day to take effect stands until something validated from that day on moves it. Grain: rule_id.
{% set moved_fields = [
    'next_invoice_date', 'last_invoice_date', 'accumulated_units', 'last_true_up_date', 'true_up_period_start',
    'next_true_up_date', 'offered_units',
] %}
with rule as (

    select
        rule.*,
        module.contract_id,
        module.valid_from as module_valid_from,
        module.valid_to as module_valid_to,
        module.covers_until as module_covers_until,
        module.renewal as module_renewal,
        module.label as module_label,
        contract.client_id,
        contract.start_date as contract_start,
        contract.end_date as contract_end,
        contract.covers_until as contract_covers_until,
        contract.billing_threshold,
        contract.free_months,
        contract.is_manually_edited as is_contract_edited,
        client.refuses_estimates,
        rule.reading_mode = 'ESTIMATE_ALLOWED' and not client.refuses_estimates as allows_estimates,
        rule.status = 'ACTIVE' and contract.status = 'ACTIVE' as is_active,
        coalesce(rule.period_start, contract.start_date) as grid_start,
        coalesce(
            rule.anchor_day, {{ day_of_month('coalesce(rule.period_start, contract.start_date)') }}
        ) as invoice_day,
        {{ add_months('contract.start_date', 'contract.free_months') }} as free_until,
    from {{ ref('stg_billing_rule') }} as rule
    inner join {{ ref('stg_contract_module') }} as module
        on rule.module_id = module.module_id
    inner join {{ ref('stg_service_contract') }} as contract
        on module.contract_id = contract.contract_id
    inner join {{ ref('stg_client') }} as client
        on contract.client_id = client.client_id

),

corrected as (

    -- Since when each field stands corrected.
    select
        rule.rule_id,
        {% for field in moved_fields %}
        coalesce(
            max(case when correction.field = '{{ field }}' then correction.effective_from end), {{ beginning_of_time() }}
        ) as {{ field }}_since,
        {% endfor %}
    from rule
    left join {{ ref('stg_rule_correction') }} as correction
        on rule.rule_id = correction.rule_id
    group by rule.rule_id

),

billed as (

    select
        rule.rule_id,
        billed.control_date,
        billed.billing_mode,
        billed.due_date,
        billed.offered_units,
        billed.billing_mode = 'TRUE_UP' as is_true_up,
        -- The day after the period; where the module or the contract cut it, the boundary of the grid after it.
        case
            when billed.period_end in (rule.module_covers_until, rule.contract_covers_until)
                then {{ grid_date(
                    'rule.grid_start',
                    grid_step(
                        'rule.grid_start', 'billed.period_start', 'rule.period_months', 'null', 'rule.invoice_day', 'null'
                    ) ~ " + 1",
                    'rule.period_months', 'null', 'rule.invoice_day', 'null'
                ) }}
            else {{ next_day('billed.period_end') }}
        end as following_start,
        -- The day a true-up was for, unless it came in another month.
        case when {{ month_key('billed.due_date') }} = billed.month then billed.due_date else billed.control_date end
            as trued_up_on,
        {{ anchored_date(
            'billed.due_date', 'rule.true_up_months',
            schedule_day('rule.true_up_day', 'billed.due_date', 'rule.invoice_day')
        ) }} as true_up_after,
    from {{ ref('stg_ledger_contract_item') }} as billed
    inner join rule
        on billed.rule_id = rule.rule_id

),

followed as (

    select
        billed.*,
        case rule.term
            when 'ADVANCE' then billed.following_start
            when 'ARREARS' then {{ anchored_date('billed.following_start', 'rule.period_months', 'rule.invoice_day') }}
        end as invoice_after,
    from billed
    inner join rule
        on billed.rule_id = rule.rule_id

),

moved as (

    select
        corrected.rule_id,
        max(
            case
                when not billed.is_true_up and billed.control_date >= corrected.next_invoice_date_since
                    then billed.invoice_after
            end
        ) as next_invoice_date,
        max(
            case
                when not billed.is_true_up and billed.control_date >= corrected.last_invoice_date_since
                    then billed.due_date
            end
        ) as last_invoice_date,
        max(
            case
                when billed.is_true_up and billed.control_date >= corrected.last_true_up_date_since
                    then billed.trued_up_on
            end
        ) as last_true_up_date,
        max(
            case
                when billed.is_true_up and billed.control_date >= corrected.true_up_period_start_since
                    then billed.trued_up_on
            end
        ) as true_up_period_start,
        max(
            case
                when billed.is_true_up and billed.control_date >= corrected.next_true_up_date_since
                    then billed.true_up_after
            end
        ) as next_true_up_date,
        sum(
            case
                when billed.control_date >= corrected.offered_units_since then coalesce(billed.offered_units, 0)
                else 0
            end
        ) as offered_units,
    from corrected
    inner join followed as billed
        on corrected.rule_id = billed.rule_id
    group by corrected.rule_id

),

rebased as (

    -- The last true-up of a run without the check, and the units it left.
    select
        rule_id,
        seq,
        units,
    from (
        select
            billed.rule_id,
            billed.seq,
            billed.included_units as units,
            row_number() over (partition by billed.rule_id order by billed.seq desc) as recency,
        from {{ ref('stg_ledger_contract_item') }} as billed
        inner join corrected
            on billed.rule_id = corrected.rule_id
        where
            billed.billing_mode = 'TRUE_UP'
            and billed.is_rebased
            and billed.control_date >= corrected.accumulated_units_since
    )
    where recency = 1

),

counted as (

    -- Units of flat fees validated since come in, those a validated true-up settled go out: since the field was
    -- corrected, and since it was counted anew. What came with the true-up it was counted anew by comes in, unless that
    -- settled it.
    select
        corrected.rule_id,
        sum(
            case
                when
                    fee.is_from_ledger
                    and fee.control_date >= corrected.accumulated_units_since
                    then fee.included_units
                else 0
            end
            - case
                when fee.settled_at >= corrected.accumulated_units_since then fee.included_units
                else 0
            end
        ) as units_since,
        sum(
            case when fee.seq >= rebased.seq then fee.included_units else 0 end
            - case
                when fee.settled_seq > rebased.seq then fee.included_units
                when fee.settled_seq = rebased.seq and fee.seq >= rebased.seq then fee.included_units
                else 0
            end
        ) as units_since_rebased,
        sum(case when fee.is_regularised then 0 else fee.included_units end) as open_units,
    from corrected
    inner join {{ ref('int_contract_history') }} as fee
        on corrected.rule_id = fee.rule_id
    left join rebased
        on corrected.rule_id = rebased.rule_id
    group by corrected.rule_id

)

select
    rule.rule_id,
    rule.module_id,
    rule.contract_id,
    rule.client_id,
    rule.template_id,
    rule.type,
    rule.service_code,
    rule.term,
    rule.period_months,
    rule.anchor_day,
    rule.invoice_day,
    rule.period_start,
    rule.grid_start,
    rule.amount,
    rule.unit_price,
    rule.included_units,
    rule.refunds_unused,
    rule.reading_mode,
    rule.refuses_estimates,
    rule.allows_estimates,
    rule.is_contract_edited,
    rule.estimate_lookback_days,
    rule.prorates_first,
    rule.prorates_last,
    rule.true_up_months,
    rule.true_up_day,
    cast(rule.offered_units - coalesce(moved.offered_units, 0) as decimal(18, 4)) as offered_units,
    rule.holds_back_offered,
    rule.nets_assets,
    rule.is_manually_edited,
    rule.is_active,
    rule.source_key,
    rule.source_file,
    rule.source_row,
    rule.module_label,
    rule.module_valid_from,
    rule.module_valid_to,
    rule.module_covers_until,
    rule.module_renewal,
    rule.contract_start,
    rule.contract_end,
    rule.contract_covers_until,
    rule.billing_threshold,
    rule.free_months,
    rule.free_until,
    case
        when rule.next_invoice_date is not null then greatest(rule.next_invoice_date, moved.next_invoice_date)
    end as next_invoice_date,
    greatest(rule.last_invoice_date, moved.last_invoice_date) as last_invoice_date,
    greatest(rule.last_true_up_date, moved.last_true_up_date) as last_true_up_date,
    greatest(rule.true_up_period_start, moved.true_up_period_start) as true_up_period_start,
    case
        when rule.next_true_up_date is not null then greatest(rule.next_true_up_date, moved.next_true_up_date)
    end as next_true_up_date,
    -- Not kept, it is what the history adds up to.
    cast(
        case
            when rebased.rule_id is not null then rebased.units + coalesce(counted.units_since_rebased, 0)
            when rule.accumulated_units is null then coalesce(counted.open_units, 0)
            else rule.accumulated_units + coalesce(counted.units_since, 0)
        end as decimal(18, 4)
    ) as accumulated_units,
    cast(coalesce(counted.open_units, 0) as decimal(18, 4)) as open_units,
from rule
left join moved
    on rule.rule_id = moved.rule_id
left join counted
    on rule.rule_id = counted.rule_id
left join rebased
    on rule.rule_id = rebased.rule_id
