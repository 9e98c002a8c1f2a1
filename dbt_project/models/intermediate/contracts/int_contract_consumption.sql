-- Each true-up and consumption due: what was consumed, less the units included in the flat fees it settles, less what is
-- offered, earliest period first. What comes out below zero is refunded only where the rule says so. NULL when unknown.
-- Grain: identity.
with usage as (

    select
        identity,
        cast(sum(units) as decimal(18, 4)) as units,
        count(*) = count(units) as is_known,
    from {{ ref('int_contract_usage') }}
    group by identity

),

counted as (

    select
        identity,
        count(*) as fees,
        sum(included_units) as included_units,
    from {{ ref('int_contract_counted_fee') }}
    group by identity

),

compared as (

    select
        metered.*,
        rule.unit_price,
        rule.offered_units as offered_left,
        rule.refunds_unused,
        coalesce(counted.fees, 0) as counted_fees,
        cast(coalesce(counted.included_units, 0) as decimal(18, 4)) as counted_units,
        case when usage.is_known then usage.units end as consumed_units,
        case when usage.is_known then cast(usage.units - coalesce(counted.included_units, 0) as decimal(18, 4)) end
            as excess_units,
    from {{ ref('int_contract_metered') }} as metered
    inner join {{ ref('int_contract_rule') }} as rule
        on metered.rule_id = rule.rule_id
    left join usage
        on metered.identity = usage.identity
    left join counted
        on metered.identity = counted.identity

),

summed as (

    select
        *,
        sum(coalesce(excess_units, 0)) over (
            partition by rule_id order by due_date rows between unbounded preceding and current row
        ) as units_so_far,
    from compared

),

topped as (

    -- Without refunds, what one period would take back is taken off the periods after it.
    select
        *,
        greatest(
            max(units_so_far) over (
                partition by rule_id order by due_date rows between unbounded preceding and current row
            ), 0
        ) as billed_so_far,
    from summed

),

netted as (

    select
        *,
        case
            when excess_units is null or refunds_unused then excess_units
            else
                billed_so_far
                - coalesce(lag(billed_so_far) over (partition by rule_id order by due_date), 0)
        end as net_units,
    from topped

),

running as (

    select
        *,
        coalesce(
            sum(greatest(net_units, 0)) over (
                partition by rule_id order by due_date rows between unbounded preceding and 1 preceding
            ), 0
        ) as net_before,
    from netted

),

offered as (

    select
        *,
        cast(
            least(greatest(coalesce(net_units, 0), 0), greatest(offered_left - net_before, 0)) as decimal(18, 4)
        ) as offered_used,
        -- Nothing is taken back, so the counters stay where they were billed.
        not refunds_unused
        and case billing_mode when 'TRUE_UP' then consumed_units < 0 else units_so_far < billed_so_far end as is_carried,
    from running

)

select
    identity,
    rule_id,
    contract_id,
    billing_mode,
    due_date,
    period_start,
    period_end,
    unit_price,
    counted_fees,
    counted_units,
    consumed_units,
    excess_units,
    offered_left,
    offered_used,
    is_carried,
    -- Up to where the counters are billed: the last period that was not carried.
    coalesce(
        max(case when is_carried then null else read_until end) over (
            partition by rule_id order by due_date rows between unbounded preceding and current row
        ),
        {{ beginning_of_time() }}
    ) as billed_until,
    cast(net_units - offered_used as decimal(18, 4)) as quantity,
from offered
