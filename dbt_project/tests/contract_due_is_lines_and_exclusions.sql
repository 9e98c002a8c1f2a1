-- Whatever is due of a contract is on a line of the month or excluded with a reason, with the same amount, and nothing
-- validated is due again. One row per thing that fell between.
with run_context as (

    select * from {{ ref('stg_run_context') }}

),

accounted as (

    select
        line_key,
        rule_id,
    from {{ ref('prebill_line') }}
    where month = (select month from run_context) and status in ('READY', 'HELD') and rule_id is not null

    union all

    select
        detail,
        contract_id,
    from {{ ref('prebill_exclusion') }}
    where
        month = (select month from run_context)
        and source_table = 'billing_rule'
        and reason_code in ('BELOW_THRESHOLD', 'EXCLUDED_BY_PERSON', 'POSTPONED')

)

select
    due.identity,
    due.amount,
from {{ ref('int_contract_due') }} as due
left join accounted
    on due.identity = accounted.line_key
left join {{ ref('stg_ledger_contract_item') }} as billed
    on due.identity = billed.identity and billed.has_invoice
where accounted.line_key is null or billed.identity is not null
