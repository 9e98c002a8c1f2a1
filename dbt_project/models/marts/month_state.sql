-- One row per month ever run. A month is VALIDATED once no client file is open in it, nor a contract with
-- lines. Grain: month.
with run_context as (

    select * from {{ ref('stg_run_context') }}

),

line as (

    select line.*
    from {{ ref('prebill_line') }} as line
    inner join run_context
        on line.month = run_context.month

),

closed as (

    select
        count(*) as closures,
        max(link.recorded_at) as validated_at,
    from {{ source('ledger', 'closed') }} as closed
    inner join {{ source('ledger', 'link') }} as link
        on closed.seq = link.seq
    inner join run_context
        on closed.month = run_context.month

),

file_open as (

    select count(*) as files
    from {{ ref('int_file_window') }} as file_window
    where
        file_window.is_open
        and (
            file_window.client_file_id is not null
            -- Lines whose client file is unknown, and a firm without any, wait for a whole validation.
            or exists (
                select 1
                from line
                where line.client_file_id is null and line.contract_id is null and line.status = 'HELD'
            )
        )

),

contract_open as (

    select count(*) as contracts
    from {{ ref('int_contract_window') }} as contract_window
    where
        contract_window.is_open
        and exists (select 1 from line where line.contract_id = contract_window.contract_id)

),

counted as (

    select
        count(case when status <> 'HELD' then 1 end) as lines,
        coalesce(sum(case when status <> 'HELD' then amount_net end), 0) as amount_net,
        count(case when status = 'VALIDATED' then 1 end) as unexported,
    from line

)

select
    run_context.month,
    case
        when closed.closures = 0 then 'DRAFT'
        when file_open.files > 0 or contract_open.contracts > 0 then 'PARTLY_VALIDATED'
        when counted.unexported > 0 or counted.lines = 0 then 'VALIDATED'
        else 'EXPORTED'
    end as status,
    run_context.control_date,
    run_context.input_fingerprint,
    cast(counted.lines as bigint) as lines,
    cast(counted.amount_net as decimal(18, 2)) as amount_net,
    cast(closed.validated_at as timestamp) as validated_at,
from run_context
cross join closed
cross join file_open
cross join contract_open
cross join counted
