-- What will be billed in the months after the latest one run: schedules exactly, units and time as the mean of the months
-- of the last twelve that are validated, else of those drafted, ad-hoc services not at all. Grain: month × billing_mode.
with latest as (

    select cast(max(month) || '-01' as date) as month_start from marts.month_state

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

planned as (

    select
        greatest(plan_line.home_month, coalesce(decided.postponed_to, plan_line.home_month)) as month,
        'FLAT' as billing_mode,
        count(*) as instalments,
        count(*) filter (where plan_line.amount is null) as unknown,
        coalesce(sum(plan_line.amount), 0) as amount_net,
    from intermediate.int_plan_line as plan_line
    left join staging.stg_ledger_item as billed
        on plan_line.line_key = billed.identity and billed.is_live
    left join decided
        on plan_line.line_key = decided.line_key
    where plan_line.state = 'LIVE' and billed.identity is null and not coalesce(decided.is_excluded, false)
    group by 1

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
    cross join (values ('UNIT'), ('TIME')) as mode(billing_mode)
    left join marts.prebill_line as line
        on
            learned_from.month = line.month
            and mode.billing_mode = line.billing_mode
            and line.status <> 'HELD'
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
    case mode.billing_mode
        when 'FLAT' then cast(coalesce(planned.amount_net, 0) as decimal(18, 2))
        when 'ADHOC' then null
        else cast(cast(estimated.mean_cents as decimal(18, 0)) * 0.01 as decimal(18, 2))
    end as amount_net,
    case mode.billing_mode when 'FLAT' then 'EXACT' when 'ADHOC' then 'NONE' else 'ESTIMATE' end as certainty,
    coalesce(planned.instalments, 0) as instalments,
    coalesce(planned.unknown, 0) as unknown,
    estimated.is_validated,
    estimated.months,
    estimated.first_month,
    estimated.last_month,
from horizon
cross join (values (1, 'FLAT'), (2, 'UNIT'), (3, 'TIME'), (4, 'ADHOC')) as mode(position, billing_mode)
left join planned
    on horizon.month = planned.month and mode.billing_mode = planned.billing_mode
left join estimated
    on mode.billing_mode = estimated.billing_mode
order by horizon.month, mode.position
