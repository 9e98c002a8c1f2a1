{% set root_codes = ['AN-18', 'AN-19', 'AN-20', 'AN-21', 'AN-22', 'AN-15', 'AN-10'] %}
-- The month's findings, one row per code and subject: worst severity, money counted once per thing held, waivers applied.
with run_context as (

    select * from {{ ref('stg_run_context') }}

),

finding as (

    select finding.*
    from {{ source('register', 'finding') }} as finding
    inner join run_context
        on finding.month = run_context.month

),

root as (

    -- A count or an accumulation is wrong for a reason: the first of these that the rule shows.
    select
        hold_key as rule_id,
        case min(case code
            {% for code in root_codes %}when '{{ code }}' then {{ loop.index }} {% endfor %}
        end)
            {% for code in root_codes %}when {{ loop.index }} then '{{ code }}' {% endfor %}
        end as root_code,
    from finding
    where code in ('{{ root_codes | join("', '") }}')
    group by hold_key

),

stake as (

    -- Two checks of one rule may fail on one line; its money is at stake once.
    select
        code,
        subject_id,
        sum(amount_at_stake) as amount_at_stake,
    from (
        select
            code,
            subject_id,
            coalesce(hold_key, subject_id) as held,
            max(amount_at_stake) as amount_at_stake,
        from finding
        group by code, subject_id, coalesce(hold_key, subject_id)
    )
    group by code, subject_id

),

merged as (

    select
        code,
        subject_id,
        min(subject_type) as subject_type,
        min(client_id) as client_id,
        min(client_file_id) as client_file_id,
        min(case severity when 'critical' then 1 when 'warning' then 2 else 3 end) as severity_rank,
        {{ join_distinct('expected', ' ; ') }} as expected,
        {{ join_distinct('actual', ' ; ') }} as actual,
        min(contract_id) as contract_id,
        coalesce(min(cause_code), min(root.root_code)) as cause_code,
    from finding
    left join root
        on finding.code in ('AN-16', 'AN-17') and finding.hold_key = root.rule_id
    group by code, subject_id

),

waived as (

    select distinct
        waiver.code,
        waiver.subject_id,
    from {{ ref('stg_waiver') }} as waiver
    inner join run_context
        on run_context.control_date between waiver.valid_from and waiver.valid_to

    union

    -- One contract, one run, without the check of counts and accumulations.
    select
        finding.code,
        finding.subject_id,
    from finding
    inner join {{ ref('stg_run_override') }} as override
        on finding.contract_id = override.contract_id
    where finding.code in ('AN-15', 'AN-16', 'AN-17', 'AN-20', 'AN-21')

),

seen as (

    select
        code,
        subject_id,
        month,
    from {{ source('register', 'finding') }}

    union all

    -- What a closed month had found: its register shows what is left of it now.
    select
        code,
        subject_id,
        first_seen_month,
    from {{ source('ledger', 'anomaly') }}

),

first_seen as (

    select
        earlier.code,
        earlier.subject_id,
        min(earlier.month) as first_seen_month,
    from seen as earlier
    inner join run_context
        on earlier.month <= run_context.month
    inner join merged
        on earlier.code = merged.code and earlier.subject_id = merged.subject_id
    group by earlier.code, earlier.subject_id

)

select
    run_context.month,
    run_context.control_date,
    merged.code,
    case merged.severity_rank when 1 then 'critical' when 2 then 'warning' else 'info' end as severity,
    merged.subject_type,
    merged.subject_id,
    merged.client_id,
    merged.client_file_id,
    merged.contract_id,
    merged.expected,
    merged.actual,
    cast(stake.amount_at_stake as decimal(18, 2)) as amount_at_stake,
    rule.title_fr,
    rule.title_en,
    rule.remedy_fr,
    rule.remedy_en,
    merged.cause_code,
    case when waived.code is null then 'OPEN' else 'ACCEPTED' end as status,
    first_seen.first_seen_month,
from merged
cross join run_context
inner join {{ source('register', 'rule') }} as rule
    on merged.code = rule.code
inner join stake
    on merged.code = stake.code and merged.subject_id = stake.subject_id
left join waived
    on merged.code = waived.code and merged.subject_id = waived.subject_id
left join first_seen
    on merged.code = first_seen.code and merged.subject_id = first_seen.subject_id
