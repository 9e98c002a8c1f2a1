-- Billed items that no longer come out of the input and are not to be credited for it: instalments of a plan cancelled
-- since, or planned otherwise by a new version of their letter, and units of a mission closed since. Grain: identity.
select billed.identity
from {{ ref('stg_ledger_item') }} as billed
inner join {{ ref('int_plan_line') }} as plan_line
    on billed.identity = plan_line.line_key and plan_line.state = 'CANCELLED'

union

select billed.identity
from {{ ref('stg_ledger_item') }} as billed
inner join {{ ref('int_document_state') }} as document_state
    on
        {{ begins_with("billed.identity", "'FLAT|' || document_state.document_id || '|'") }}
        and document_state.state = 'LIVE'
        and document_state.version > billed.document_version

union

select billed.identity
from {{ ref('stg_ledger_item') }} as billed
inner join {{ ref('stg_mission') }} as mission
    on billed.mission_id = mission.mission_id
where billed.billing_mode = 'UNIT' and mission.status = 'CLOSED'
