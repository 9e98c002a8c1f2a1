-- AN-13. Scope: the settings of active rules and of the templates they come from, as far as the type of the rule needs
-- them: a true-up at least as long as the flat fee's period, and a whole number of them. Setting by setting.
{% set settings = [
    ('template_id', 'rule.template_id is not null', "coalesce(template.template_id, '–')", 'rule.template_id'),
    (
        'valid_from', 'template.template_id is not null and template.valid_from is not null',
        'cast(least(template.valid_from, run_context.control_date) as ' ~ text_type() ~ ')',
        'cast(template.valid_from as ' ~ text_type() ~ ')',
    ),
    (
        'valid_to', 'template.template_id is not null',
        'cast(greatest(template.valid_to, run_context.control_date) as ' ~ text_type() ~ ')',
        'cast(template.valid_to as ' ~ text_type() ~ ')',
    ),
    ('term', 'template.template_id is not null', "coalesce(template.term, 'ADVANCE | ARREARS')", "coalesce(template.term, '–')"),
    (
        'reading_mode', "template.template_id is not null and rule.type <> 'FLAT_AMOUNT'",
        "coalesce(template.reading_mode, 'ACTUAL | ESTIMATE_ALLOWED')", "coalesce(template.reading_mode, '–')",
    ),
    ('type', 'template.type is not null', 'rule.type', 'template.type'),
    (
        'true_up_months', "rule.type = 'FLAT_WITH_TRUE_UP'",
        multiple_of('rule.true_up_months', 'rule.period_months'), true_up_text('rule.true_up_months'),
    ),
    (
        'template_true_up_months', 'template.true_up_months is not null and template.period_months > 0',
        multiple_of('template.true_up_months', 'template.period_months'), true_up_text('template.true_up_months'),
    ),
] %}
with setting as (

    {% for name, scope, required, found in settings %}
    select
        rule.rule_id,
        '{{ name }}' as setting,
        {{ required }} as required,
        {{ found }} as found,
    from {{ ref('int_contract_rule') }} as rule
    cross join {{ ref('stg_run_context') }} as run_context
    left join {{ ref('stg_rule_template') }} as template
        on rule.template_id = template.template_id
    where rule.is_active and {{ scope }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    {{ control_case(
        "setting.rule_id || '|' || setting.setting", 'rule', 'rule.rule_id', 'rule.client_id',
        'cast(null as ' ~ text_type() ~ ')',
        severity="case when stake.rule_id is null then 'warning' else 'critical' end",
        amount_at_stake='stake.amount', hold_scope='rule', hold_key='rule.rule_id', contract_id='rule.contract_id'
    ) }},
    setting.setting,
    setting.found,
    setting.required,
from setting
cross join {{ ref('stg_run_context') }} as run_context
inner join {{ ref('int_contract_rule') }} as rule
    on setting.rule_id = rule.rule_id
left join {{ ref('int_contract_stake') }} as stake
    on setting.rule_id = stake.rule_id
