-- Flat fees no true-up has settled, laid against the grid of their rule: whether a row is a period of it, cut at an end of
-- the contract or the module or not, and, where it is none, how many whole months it has between two of its days.
-- Grain: rule_id × period_start.
with row_of_history as (

    select
        history.*,
        rule.contract_id,
        rule.grid_start,
        greatest(rule.grid_start, rule.contract_start) as first_start,
        cast(rule.period_months as bigint) as period_months,
        cast(rule.invoice_day as bigint) as invoice_day,
        rule.contract_covers_until,
        rule.prorates_first,
        rule.module_valid_from,
        rule.module_valid_to,
        rule.module_covers_until,
        {{ next_day('history.period_end') }} as following_day,
    from {{ ref('int_contract_history') }} as history
    inner join {{ ref('int_contract_rule') }} as rule
        on history.rule_id = rule.rule_id
    where rule.is_active and not history.is_regularised

),

stepped as (

    select
        *,
        {{ grid_step('grid_start', 'period_start', 'period_months', 'null', 'invoice_day', 'null') }} as step,
        {{ months_between_months('period_start', 'following_day') }} as months,
    from row_of_history

),

bounded as (

    select
        *,
        {{ grid_date('grid_start', 'step', 'period_months', 'null', 'invoice_day', 'null') }} as boundary,
        {{ grid_date('grid_start', 'step + 1', 'period_months', 'null', 'invoice_day', 'null') }} as next_boundary,
        {{ anchored_date('period_start', 0, 'invoice_day') }} as anchored_start,
        {{ anchored_date('following_day', 0, 'invoice_day') }} as anchored_following_day,
    from stepped

)

select
    rule_id,
    contract_id,
    period_start,
    period_end,
    included_units,
    has_invoice,
    is_below_threshold,
    is_from_ledger,
    amount,
    period_months,
    next_boundary > first_start
    and (period_start in (boundary, first_start) or (prorates_first and period_start = module_valid_from))
    and (
        following_day = next_boundary
        or period_end in (contract_covers_until, module_valid_to, module_covers_until)
    ) as is_on_grid,
    case
        when period_start = anchored_start and following_day = anchored_following_day and months > 0 then months
    end as whole_months,
from bounded
