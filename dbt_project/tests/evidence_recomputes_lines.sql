-- Each line has evidence, and the evidence adds up to its quantity and, where it is known, to its amount.
with line as (

    select
        line_key,
        quantity,
        amount_net,
    from {{ ref('prebill_line') }}
    where month = (select month from {{ ref('stg_run_context') }})

),

evidence as (

    select
        line_key,
        sum(quantity) as quantity,
        sum(amount) as amount,
    from {{ ref('prebill_evidence') }}
    where month = (select month from {{ ref('stg_run_context') }})
    group by line_key

)

select
    coalesce(line.line_key, evidence.line_key) as line_key,
    line.quantity,
    evidence.quantity as evidence_quantity,
    line.amount_net,
    evidence.amount as evidence_amount,
from line
full outer join evidence
    on line.line_key = evidence.line_key
where
    line.line_key is null
    or evidence.line_key is null
    or line.quantity <> evidence.quantity
    or line.amount_net <> evidence.amount
