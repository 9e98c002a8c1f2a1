-- AN-01. Scope: migrated clients with something due of a contract.
select
    {{ control_case(
        'client.client_id', 'client', 'client.client_id', 'client.client_id', 'cast(null as ' ~ text_type() ~ ')',
        amount_at_stake='due.amount', hold_scope='client', hold_key='client.client_id'
    ) }},
    coalesce(client.last_saved_at, cast({{ beginning_of_time() }} as timestamp)) as last_saved_on,
    client.migrated_at as migrated_on,
from {{ ref('stg_client') }} as client
cross join {{ ref('stg_run_context') }} as run_context
inner join (
    select
        client_id,
        sum(amount) as amount,
    from {{ ref('int_contract_due') }}
    group by client_id
) as due
    on client.client_id = due.client_id
where client.migrated_at is not null
