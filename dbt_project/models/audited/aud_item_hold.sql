-- Which critical anomaly holds which item of the month. An accepted one holds nothing, unless it is why the item has no
-- amount: no waiver makes such a line ready. Grain: item_key × code × hold_scope.
with item as (

    select * from {{ ref('int_item') }}

),

hold as (

    select distinct
        finding.code,
        finding.hold_scope,
        finding.hold_key,
        anomaly.status,
    from {{ source('register', 'finding') }} as finding
    inner join {{ ref('stg_run_context') }} as run_context
        on finding.month = run_context.month
    inner join {{ ref('aud_anomaly') }} as anomaly
        on finding.code = anomaly.code and finding.subject_id = anomaly.subject_id
    where finding.severity = 'critical' and finding.hold_key is not null

),

touched as (

    {% for scope, key in [
        ('item', 'item_key'), ('line', 'line_key'), ('mission', 'mission_id'), ('client', 'client_id'),
        ('contract', 'contract_id'), ('rule', 'rule_id'), ('metered', 'rule_id'),
    ] %}
    select
        item.item_key,
        item.amount_net,
        hold.code,
        hold.hold_scope,
        hold.status,
    from item
    inner join hold
        on item.{{ key }} = hold.hold_key
    where
        hold.hold_scope = '{{ scope }}'
        {% if scope == 'metered' %}
        -- What a counter is needed for: flat fees go on.
        and item.billing_mode in ('TRUE_UP', 'CONSUMED')
        {% endif %}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    item_key,
    code,
    hold_scope,
from touched
where
    status = 'OPEN'
    or (
        amount_net is null
        and code in (
            'FI-02', 'FI-03', 'FI-08', 'FI-16', 'FI-17', 'FI-22', 'AN-06', 'AN-07', 'AN-08', 'AN-11', 'AN-12', 'AN-24'
        )
    )
