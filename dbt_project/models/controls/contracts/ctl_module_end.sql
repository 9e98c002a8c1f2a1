-- AN-04. Scope: rules with something due. The module and those that renew it, tacitly or not, have to cover the day of each
-- item: the last one they do not cover is told, else the last one.
with item as (

    select
        due.rule_id,
        rule.module_id,
        {{ item_date('rule.term', 'due.billing_mode', 'due.due_date') }} as item_date,
    from {{ ref('int_contract_due') }} as due
    inner join {{ ref('int_contract_rule') }} as rule
        on due.rule_id = rule.rule_id

),

covered as (

    -- The end of the cover that had begun by that day; a day before the module is AN-03's.
    select
        item.rule_id,
        item.item_date,
        max(cover.covers_until) as covers_until,
    from item
    inner join {{ ref('stg_module_cover') }} as cover
        on
            item.module_id = cover.module_id
            and (cover.valid_from <= item.item_date or cover.covering_module_id = item.module_id)
    group by item.rule_id, item.item_date

),

ranked as (

    select
        *,
        row_number() over (
            partition by rule_id
            order by case when covers_until < item_date then 0 else 1 end, item_date desc
        ) as place,
    from covered

)

select
    {{ control_case(
        'rule.rule_id', 'module', 'rule.module_id', 'rule.client_id', 'cast(null as ' ~ text_type() ~ ')',
        amount_at_stake='stake.amount', hold_scope='rule', hold_key='rule.rule_id', contract_id='rule.contract_id'
    ) }},
    ranked.covers_until as module_covers_until,
    ranked.item_date as last_item_date,
from ranked
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('int_contract_rule') }} as rule
    on ranked.rule_id = rule.rule_id
inner join {{ ref('int_contract_stake') }} as stake
    on ranked.rule_id = stake.rule_id
where ranked.place = 1
