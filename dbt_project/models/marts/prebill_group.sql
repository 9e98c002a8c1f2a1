-- The month per client file, every active one, lines or none. Grain: client_id × client_file_id.
with run_context as (

    select * from {{ ref('stg_run_context') }}

),

line as (

    select line.*
    from {{ ref('prebill_line') }} as line
    inner join run_context
        on line.month = run_context.month

),

vat as (

    select
        vat.client_id,
        vat.client_file_id,
        sum(vat.vat) as amount_vat,
    from {{ ref('prebill_group_vat') }} as vat
    inner join run_context
        on vat.month = run_context.month
    group by vat.client_id, vat.client_file_id

),

client_file as (

    select
        client_file.client_id,
        client_file.client_file_id,
    from {{ ref('stg_client_file') }} as client_file
    cross join run_context
    where
        client_file.status = 'ACTIVE'
        and (client_file.opened_on is null or client_file.opened_on <= run_context.month_end)
        and (client_file.closed_on is null or client_file.closed_on >= run_context.month_start)

),

unioned as (

    select
        client_id,
        client_file_id,
        case when status <> 'HELD' then 1 else 0 end as lines,
        case when status <> 'HELD' then amount_net else 0 end as amount_net,
        case when status = 'HELD' then coalesce(amount_net, 0) else 0 end as amount_held,
    from line

    union all

    select
        client_id,
        client_file_id,
        0,
        0,
        0,
    from client_file

),

summed as (

    select
        client_id,
        client_file_id,
        sum(lines) as lines,
        sum(amount_net) as amount_net,
        sum(amount_held) as amount_held,
    from unioned
    group by client_id, client_file_id

)

select
    run_context.month,
    summed.client_id,
    summed.client_file_id,
    cast(summed.lines as bigint) as lines,
    cast(summed.amount_net as decimal(18, 2)) as amount_net,
    cast(coalesce(vat.amount_vat, 0) as decimal(18, 2)) as amount_vat,
    cast(summed.amount_net + coalesce(vat.amount_vat, 0) as decimal(18, 2)) as amount_gross,
    cast(summed.amount_held as decimal(18, 2)) as amount_held,
from summed
cross join run_context
left join vat
    on
        summed.client_id is not distinct from vat.client_id
        and summed.client_file_id is not distinct from vat.client_file_id
