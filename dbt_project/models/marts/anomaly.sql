-- The register of anomalies: of the run, and, for client files and contracts whose month is closed, as it was when it was closed.
-- Grain: month × code × subject_id.
with found as (

    select found.*
    from {{ ref('aud_anomaly') }} as found
    left join {{ ref('int_file_window') }} as file_window
        on found.client_file_id is not distinct from file_window.client_file_id
    left join {{ ref('int_contract_window') }} as contract_window
        on found.contract_id = contract_window.contract_id
    where coalesce(contract_window.is_open, file_window.is_open, true)

),

settled as (

    select kept.*
    from {{ source('ledger', 'anomaly') }} as kept
    inner join {{ ref('stg_run_context') }} as run_context
        on kept.month = run_context.month
    left join found
        on kept.code = found.code and kept.subject_id = found.subject_id
    where found.code is null

)

{% for relation in ['found', 'settled'] %}
select
    month,
    control_date,
    code,
    severity,
    subject_type,
    subject_id,
    client_id,
    client_file_id,
    expected,
    actual,
    amount_at_stake,
    title_fr,
    title_en,
    remedy_fr,
    remedy_en,
    cause_code,
    status,
    first_seen_month,
    contract_id,
from {{ relation }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
