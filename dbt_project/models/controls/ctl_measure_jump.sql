-- FI-15. Scope: missions with a measure in the month and in each of the three months before it: units counted, minutes
-- worked, or instalments (balances left out). The bounds are jump_factor times the mean of the three, and its inverse.
with measured as (

    select
        metric.mission_id,
        metric.metric_code as measure_name,
        metric.home_month as month,
        sum(metric.quantity) as measure,
    from {{ ref('int_metric') }} as metric
    where metric.disposition = 'LINE'
    group by metric.mission_id, metric.metric_code, metric.home_month

    union all

    select
        mission.mission_id,
        'minutes',
        {{ month_key('entry.work_date') }},
        cast(sum(entry.minutes) as decimal(18, 4)),
    from {{ ref('stg_time_entry') }} as entry
    cross join {{ ref('stg_run_context') }} as run_context
    inner join {{ ref('stg_mission') }} as mission
        on entry.mission_id = mission.mission_id
    where
        mission.billing_mode = 'TIME'
        and entry.is_billable
        and (entry.is_approved or not mission.approval_required)
        and entry.work_date between {{ add_months('run_context.month_start', -3) }} and run_context.month_end
    group by mission.mission_id, {{ month_key('entry.work_date') }}

    union all

    select
        mission_id,
        'amount',
        home_month,
        cast(sum(amount) as decimal(18, 4)),
    from {{ ref('int_plan_line') }}
    where state = 'LIVE' and not is_balance
    group by mission_id, home_month
    having count(*) = count(amount)

),

recent as (

    select
        this_month.mission_id,
        this_month.measure_name,
        this_month.measure,
        sum(earlier.measure) as three_months,
    from measured as this_month
    inner join {{ ref('stg_run_context') }} as run_context
        on this_month.month = run_context.month
    inner join measured as earlier
        on
            this_month.mission_id = earlier.mission_id
            and this_month.measure_name = earlier.measure_name
            and earlier.month >= {{ month_key(add_months('run_context.month_start', -3)) }}
            and earlier.month < run_context.month
    group by this_month.mission_id, this_month.measure_name, this_month.measure
    having count(*) = 3

),

due as (

    select
        mission_id,
        sum(amount_net) as due_amount,
    from {{ ref('int_item') }}
    group by mission_id

)

select
    {{ control_case(
        "recent.mission_id || '|' || recent.measure_name",
        'mission', 'recent.mission_id', 'mission.client_id', 'mission.client_file_id',
        severity="'warning'", amount_at_stake='due.due_amount'
    ) }},
    recent.measure_name,
    recent.measure,
    {{ money_from_cents(round_ratio(wide_integer('recent.three_months * 100'), '3')) }} as trailing_mean,
    -- What is compared is multiplied out, so that no division rounds the bounds:
    -- measure ≤ factor × sum / 3, and measure ≥ sum / 3 / factor.
    cast(recent.measure * 3 as decimal(38, 8)) as measure_tripled,
    cast(recent.three_months * run_context.jump_factor as decimal(38, 8)) as three_months_raised,
    cast(recent.measure * 3 * run_context.jump_factor as decimal(38, 8)) as measure_raised,
    cast(recent.three_months as decimal(38, 8)) as three_months,
from recent
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('stg_mission') }} as mission
    on recent.mission_id = mission.mission_id
left join due
    on recent.mission_id = due.mission_id
