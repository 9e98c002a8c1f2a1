-- AN-19. Scope: flat fees that no true-up has settled. A row of another whole number of months is a change of period
-- (AN-21), unless another row covers some of the same days; rows before the rule's period start belong to an earlier grid
-- where that start was moved.
with moved as (

    select distinct rule_id
    from {{ ref('stg_rule_change') }}
    where field = 'period_start'

),

history as (

    select
        history.*,
        history.rule_id || '|' || cast(history.period_start as {{ text_type() }}) as period_key,
        exists (
            select 1
            from {{ ref('int_contract_history_row') }} as other
            where
                other.rule_id = history.rule_id
                and other.period_start <> history.period_start
                and other.period_start <= history.period_end
                and other.period_end >= history.period_start
                and (other.is_on_grid or (other.whole_months is not null and other.period_start < history.period_start))
        ) as is_covered,
    from {{ ref('int_contract_history_row') }} as history

)

select
    {{ control_case(
        "history.period_key", 'fee_period', 'history.period_key', 'rule.client_id',
        'cast(null as ' ~ text_type() ~ ')',
        severity="case when rule.billing_threshold > 0 then 'warning' else 'critical' end",
        amount_at_stake='history.amount', hold_scope='metered', hold_key='rule.rule_id',
        contract_id='rule.contract_id'
    ) }},
    case
        when history.is_on_grid then 1
        when history.period_start < rule.grid_start and moved.rule_id is null then 0
        when history.whole_months <> history.period_months and not history.is_covered then 1
        when history.period_start < rule.grid_start then 1
        else 0
    end as grid_periods,
from history
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('int_contract_rule') }} as rule
    on history.rule_id = rule.rule_id
left join moved
    on history.rule_id = moved.rule_id
