-- Sum of lines = sum of groups = sum of the VAT bases, held ones apart.
with line as (

    select
        sum(case when status <> 'HELD' then amount_net else 0 end) as net,
        sum(case when status = 'HELD' then coalesce(amount_net, 0) else 0 end) as held,
        sum(case when status <> 'HELD' then 1 else 0 end) as lines,
    from {{ ref('prebill_line') }}
    where month = (select month from {{ ref('stg_run_context') }})

),

by_group as (

    select
        sum(amount_net) as net,
        sum(amount_held) as held,
        sum(lines) as lines,
        sum(amount_vat) as vat,
        sum(amount_gross) as gross,
    from {{ ref('prebill_group') }}
    where month = (select month from {{ ref('stg_run_context') }})

),

by_rate as (

    select
        sum(base) as net,
        sum(vat) as vat,
    from {{ ref('prebill_group_vat') }}
    where month = (select month from {{ ref('stg_run_context') }})

)

select
    line.*,
    by_group.net as group_net,
    by_rate.net as rate_net,
from line
cross join by_group
cross join by_rate
where
    coalesce(line.net, 0) <> coalesce(by_group.net, 0)
    or coalesce(line.held, 0) <> coalesce(by_group.held, 0)
    or coalesce(line.lines, 0) <> coalesce(by_group.lines, 0)
    or coalesce(line.net, 0) <> coalesce(by_rate.net, 0)
    or coalesce(by_group.vat, 0) <> coalesce(by_rate.vat, 0)
    or coalesce(by_group.gross, 0) <> coalesce(by_group.net, 0) + coalesce(by_group.vat, 0)
