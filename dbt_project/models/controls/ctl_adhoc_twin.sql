-- FI-16. Scope: ad-hoc services of the month, numbered among those alike: same client file, service, day and quantity.
with adhoc as (

    select
        adhoc_id,
        client_file_id,
        service_code,
        service_date,
        quantity,
        row_number() over (
            partition by client_file_id, service_code, service_date, quantity order by adhoc_id
        ) as occurrence_no,
    from {{ ref('stg_adhoc_service') }}

),

item as (

    select
        adhoc.adhoc_id,
        min(adhoc.client_id) as client_id,
        sum(item.amount_net) as amount_net,
    from {{ ref('int_adhoc_item') }} as adhoc
    inner join {{ ref('int_item') }} as item
        on adhoc.item_key = item.source_item_key
    group by adhoc.adhoc_id

)

select
    {{ control_case(
        'adhoc.adhoc_id', 'adhoc', 'adhoc.adhoc_id', 'item.client_id', 'adhoc.client_file_id',
        severity="'warning'", amount_at_stake='item.amount_net'
    ) }},
    adhoc.service_code,
    adhoc.service_date,
    adhoc.occurrence_no,
from adhoc
cross join {{ ref('stg_run_context') }} as run_context
inner join item
    on adhoc.adhoc_id = item.adhoc_id
