-- What the run may bill for each client file: whether the month is open for it, and the earliest home month whose items
-- have no open month before this one. A row with a NULL client file speaks for items whose client file is unknown.
-- Grain: client_file_id.
with run_context as (

    select * from {{ ref('stg_run_context') }}

),

closed as (

    select
        closed.month,
        closed.client_file_id,
    from {{ ref('stg_ledger_closed') }} as closed
    inner join run_context
        on closed.month <= run_context.month

),

client_file as (

    select client_file_id from {{ ref('stg_client_file') }}
    union
    -- Gone from the input: what was billed to it may still have to be taken back.
    select client_file_id from {{ ref('stg_ledger_item') }} where client_file_id is not null
    union
    select client_file_id from closed where client_file_id is not null
    union all
    select cast(null as {{ text_type() }})

),

calendar as (

    -- Every month from the first closed one to the run's.
    select {{ month_key(add_months(month_start('first_closed.month'), 'step')) }} as month
    from (select min(month) as month from closed) as first_closed
    cross join run_context
    cross join {{ integers(
        '0', months_between_months(month_start('first_closed.month'), 'run_context.month_start'), 'step'
    ) }}
    where first_closed.month is not null

),

closed_for_file as (

    select distinct
        client_file.client_file_id,
        closed.month,
    from client_file
    inner join closed
        on closed.client_file_id is null or closed.client_file_id = client_file.client_file_id

),

last_open as (

    select
        client_file.client_file_id,
        max(calendar.month) as month,
    from client_file
    cross join calendar
    cross join run_context
    left join closed_for_file
        on
            client_file.client_file_id is not distinct from closed_for_file.client_file_id
            and calendar.month = closed_for_file.month
    where closed_for_file.month is null and calendar.month < run_context.month
    group by client_file.client_file_id

)

select
    client_file.client_file_id,
    closed_now.month is null as is_open,
    -- The month after the last open one; when none is open before the run, the first one ever closed, or the run's own.
    case
        when last_open.month is not null
            then {{ month_key(add_months(month_start('last_open.month'), 1)) }}
        else least(coalesce((select min(month) from calendar), run_context.month), run_context.month)
    end as first_home_month,
from client_file
cross join run_context
left join last_open
    on client_file.client_file_id is not distinct from last_open.client_file_id
left join closed_for_file as closed_now
    on
        client_file.client_file_id is not distinct from closed_now.client_file_id
        and run_context.month = closed_now.month
