-- VAT per rate, on the sum of the net amounts of the lines that are not held. Grain: client_id × client_file_id × rate.
select
    line.month,
    line.client_id,
    line.client_file_id,
    line.vat_code,
    line.vat_rate,
    cast(sum(line.amount_net) as decimal(18, 2)) as base,
    {{ vat_amount('sum(line.amount_net)', 'line.vat_rate') }} as vat,
from {{ ref('prebill_line') }} as line
inner join {{ ref('stg_run_context') }} as run_context
    on line.month = run_context.month
where line.status <> 'HELD'
group by line.month, line.client_id, line.client_file_id, line.vat_code, line.vat_rate
