{{ config(pre_hook=replace_month()) }}
-- The register of anomalies. Grain: month × code × subject_id.
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
from {{ ref('aud_anomaly') }}
