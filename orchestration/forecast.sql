-- What will be billed in the months after the latest one run: schedules exactly, those of contracts included; units and
-- time as the mean of the months of the last twelve that are validated, else of those drafted; true-ups and consumptions
-- of contracts as the mean of the validated ones alone; ad-hoc services not at all. Grain: month × billing_mode.
with latest as (

    select
        cast(max(month) || '-01' as date) as month_start,
        arg_max(control_date, month) as control_date,
    from marts.month_state

),

horizon as (

    select strftime(cast(month_start + to_months(cast(step as integer)) as date), '%Y-%m') as month
    from latest
    cross join unnest(generate_series(1, $months)) as series(step)

),

decided as (

    -- What people decided of an instalment to come: the last decision of a kind counts.
    select
        line_key,
        bool_or(kind = 'EXCLUDE') as is_excluded,
        arg_max(postponed_to, adjustment_id) as postponed_to,
    from staging.stg_adjustment
    group by line_key

),

scheduled as (

    select
        plan_line.line_key,
        'FLAT' as billing_mode,
        plan_line.home_month,
        plan_line.amount,
    from intermediate.int_plan_line as plan_line
    left join staging.stg_ledger_item as billed
        on plan_line.line_key = billed.identity and billed.is_live
    where plan_line.state = 'LIVE' and billed.identity is null

    union all

    -- What falls due in the latest month after its control date is for the month after.
    select
        plan.line_key,
        'CONTRACT_FLAT',
        strftime(
            greatest(plan.invoice_date, cast(latest.month_start + to_months(1) as date)), '%Y-%m'
        ),
        plan.amount,
    from intermediate.int_contract_plan as plan
    cross join latest
    where plan.invoice_date > latest.control_date

),

planned as (

    select
        greatest(scheduled.home_month, coalesce(decided.postponed_to, scheduled.home_month)) as month,
        scheduled.billing_mode,
        count(*) as instalments,
        count(*) filter (where scheduled.amount is null) as unknown,
        coalesce(sum(scheduled.amount), 0) as amount_net,
    from scheduled
    left join decided
        on scheduled.line_key = decided.line_key
    where not coalesce(decided.is_excluded, false)
    group by 1, 2

),

recent as (

    select
        state.month,
        state.status in ('VALIDATED', 'EXPORTED') as is_validated,
    from marts.month_state as state
    cross join latest
    where cast(state.month || '-01' as date) > latest.month_start - to_months(12)

),

learned_from as (

    select
        month,
        is_validated,
    from recent
    where is_validated or not exists (select 1 from recent where is_validated)

),

monthly as (

    select
        learned_from.month,
        mode.billing_mode,
        learned_from.is_validated,
        coalesce(sum(line.amount_net), 0) as amount_net,
    from learned_from
    cross join (values ('UNIT', false), ('TIME', false), ('TRUE_UP', true), ('CONSUMED', true))
        as mode(billing_mode, needs_validation)
    left join marts.prebill_line as line
        on
            learned_from.month = line.month
            and mode.billing_mode = line.billing_mode
            and line.status <> 'HELD'
    where learned_from.is_validated or not mode.needs_validation
    group by learned_from.month, mode.billing_mode, learned_from.is_validated

),

estimated as (

    select
        billing_mode,
        bool_and(is_validated) as is_validated,
        count(*) as months,
        min(month) as first_month,
        max(month) as last_month,
        -- Integer cents, half away from zero.
        sum(cast(amount_net * 100 as hugeint)) as cents,
        sign(cents) * ((2 * abs(cents) + months) // (2 * months)) as mean_cents,
    from monthly
    group by billing_mode

)

select
    horizon.month,
    mode.billing_mode,
    case mode.basis
        when 'EXACT' then cast(coalesce(planned.amount_net, 0) as decimal(18, 2))
        when 'ESTIMATE' then cast(cast(estimated.mean_cents as decimal(18, 0)) * 0.01 as decimal(18, 2))
    end as amount_net,
    case when mode.basis = 'ESTIMATE' and estimated.months is null then 'NONE' else mode.basis end as certainty,
    coalesce(planned.instalments, 0) as instalments,
    coalesce(planned.unknown, 0) as unknown,
    estimated.is_validated,
    estimated.months,
    estimated.first_month,
    estimated.last_month,
from horizon
cross join (
    values
        (1, 'FLAT', 'EXACT'), (2, 'UNIT', 'ESTIMATE'), (3, 'TIME', 'ESTIMATE'), (4, 'ADHOC', 'NONE'),
        (5, 'CONTRACT_FLAT', 'EXACT'), (6, 'TRUE_UP', 'ESTIMATE'), (7, 'CONSUMED', 'ESTIMATE')
) as mode(position, billing_mode, basis)
left join planned
    on horizon.month = planned.month and mode.billing_mode = planned.billing_mode
left join estimated
    on mode.billing_mode = estimated.billing_mode
order by horizon.month, mode.position
