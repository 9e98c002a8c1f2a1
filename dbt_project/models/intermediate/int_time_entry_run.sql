-- Time entries the run decides: those whose home month, or first open month after it, is the month being run and that no
-- validation has settled as they now read, and those it bills anew. Grain: entry.
with replaced as (

    select identity
    from {{ ref('int_item_net') }}
    where billing_mode = 'TIME' and kind = 'REPLACEMENT'

)

select entry.*
from {{ ref('int_time_entry_capped') }} as entry
cross join {{ ref('stg_run_context') }} as run_context
left join {{ ref('int_file_window') }} as open_window
    on
        entry.client_file_id is not distinct from open_window.client_file_id
        and open_window.is_open
        and entry.home_month >= open_window.first_home_month
left join {{ ref('stg_ledger_exclusion') }} as settled
    on
        settled.source_table = 'time_entry'
        and entry.entry_key = settled.source_key
        and settled.reason_code = case
            when entry.disposition = 'LINE' and entry.billable_minutes = 0 then 'OVER_BUDGET'
            else entry.disposition
        end
left join {{ ref('stg_ledger_item') }} as excluded
    on
        entry.identity = excluded.identity
        and entry.client_file_id = excluded.client_file_id
        and excluded.kind = 'EXCLUDED'
left join {{ ref('stg_adjustment') }} as adjustment
    on excluded.line_key = adjustment.line_key and adjustment.kind = 'EXCLUDE'
left join replaced
    on entry.identity = replaced.identity
where
    replaced.identity is not null
    or (
        open_window.is_open
        and entry.home_month <= run_context.month
        and entry.billed_minutes is null
        and settled.source_key is null
        -- Excluded by a person in a month since closed, and still.
        and adjustment.line_key is null
    )
