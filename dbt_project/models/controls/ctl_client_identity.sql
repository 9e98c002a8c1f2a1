-- FI-19. Scope: what an invoice needs to know of each client with lines this month, one case per field.
with billed as (

    select
        client_id,
        sum(amount_net) as due_amount,
    from {{ ref('int_item') }}
    where client_id is not null
    group by client_id

),

identity as (

    {% for field in ['siren', 'vat_number', 'einvoice_address'] %}
    select
        client_id,
        '{{ field }}' as identity_field,
        {{ field }} as identity_value,
    from {{ ref('stg_client') }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    {{ control_case(
        "identity.client_id || '|' || identity.identity_field",
        'client', 'identity.client_id', 'identity.client_id', 'cast(null as ' ~ text_type() ~ ')',
        severity="'warning'", amount_at_stake='billed.due_amount'
    ) }},
    identity.identity_field,
    identity.identity_value,
from identity
cross join {{ ref('stg_run_context') }} as run_context
inner join billed
    on identity.client_id = billed.client_id
