-- The items of the run: new ones whose home month, or first open month after it, is the month being run; and for billed
-- ones whose input has changed since, the reversal of what was billed and its replacement. `kind` is ORIGINAL, REVERSAL
-- or REPLACEMENT. Grain: item_key.
with run_context as (

    select * from {{ ref('stg_run_context') }}

),

computed as (

    select * from {{ ref('int_item_computed') }}

),

billed as (

    select * from {{ ref('stg_ledger_item') }}

),

open_window as (

    select * from {{ ref('int_file_window') }} where is_open

),

fresh as (

    select
        computed.*,
        case
            when billed_group.lines is not null
                then computed.line_key || '|+' || billed_group.lines
            else computed.line_key
        end as run_line_key,
    from computed
    cross join run_context
    inner join open_window
        on
            computed.client_file_id is not distinct from open_window.client_file_id
            and computed.origin_month >= open_window.first_home_month
            and computed.origin_month <= run_context.month
    left join billed
        on computed.identity = billed.identity
    left join {{ ref('stg_ledger_group') }} as billed_group
        on computed.line_key = billed_group.group_key
    left join {{ ref('stg_adjustment') }} as adjustment
        on billed.line_key = adjustment.line_key and adjustment.kind = 'EXCLUDE'
    where
        -- What a person excluded in a month since closed stays so, as long as the person says so.
        (billed.identity is null or (billed.kind = 'EXCLUDED' and adjustment.line_key is null))
        -- What came due before prefact took over is an exclusion, not an item.
        and (run_context.first_month is null or computed.origin_month >= run_context.first_month)

),

revised as (

    -- Billed items against the input of today. Only a change of the input counts, and only if it changes what is billed.
    select
        billed.identity,
        billed.is_live as was_live,
        computed.identity is not null as is_computed,
        'DELTA|' || billed.identity || '|' || billed.states as delta_key,
        billed.line_key as adjusts_line_key,
        billed.client_file_id as billed_client_file_id,
        computed.client_file_id as new_client_file_id,
    from billed
    left join computed
        on billed.identity = computed.identity
    left join {{ ref('int_item_kept') }} as kept
        on billed.identity = kept.identity
    cross join run_context
    inner join open_window
        on
            billed.client_file_id is not distinct from open_window.client_file_id
            and billed.month >= open_window.first_home_month
            and billed.month < run_context.month
    where
        kept.identity is null
        and billed.kind <> 'EXCLUDED'
        and (
            (computed.identity is null and billed.is_live)
            or (computed.identity is not null and not billed.is_live)
            or (
                computed.identity is not null
                and computed.inputs_hash <> billed.inputs_hash
                and coalesce(computed.document_version, 0) <= coalesce(billed.document_version, 0)
                and (
                    computed.amount is distinct from billed.computed_amount
                    or computed.quantity is distinct from billed.quantity
                    or computed.minutes is distinct from billed.minutes
                    or computed.unit_price is distinct from billed.unit_price
                    or computed.mission_id is distinct from billed.mission_id
                    or computed.client_file_id is distinct from billed.client_file_id
                    or computed.service_code is distinct from billed.service_code
                )
            )
        )

),

original as (

    select
        identity,
        'ORIGINAL' as kind,
        item_key,
        item_key as source_item_key,
        run_line_key as line_key,
        line_key as group_key,
        billing_mode,
        client_id,
        client_file_id,
        fy_label,
        mission_id,
        service_code,
        label,
        period_start,
        period_end,
        due_date,
        origin_month,
        quantity,
        unit_price,
        discount_pct,
        amount,
        minutes,
        agreed_amount,
        document_version,
        inputs_hash,
        source_hash,
        source_ref,
        cast(null as {{ text_type() }}) as adjusts_line_key,
        cast(null as {{ text_type() }}) as billed_vat_code,
        cast(null as decimal(9, 4)) as billed_vat_rate,
    from fresh

),

reversal as (

    -- As it was billed, the other way round.
    select
        billed.identity,
        'REVERSAL' as kind,
        revised.delta_key || '|REV' as item_key,
        cast(null as {{ text_type() }}) as source_item_key,
        revised.delta_key || '|REV' as line_key,
        revised.delta_key || '|REV' as group_key,
        billed.billing_mode,
        billed.client_id,
        billed.client_file_id,
        billed.fy_label,
        billed.mission_id,
        billed.service_code,
        billed.label,
        billed.period_start,
        billed.period_end,
        billed.due_date,
        billed.origin_month,
        cast(-billed.quantity as decimal(18, 4)) as quantity,
        billed.unit_price,
        billed.discount_pct,
        cast(-billed.amount as decimal(18, 2)) as amount,
        -billed.minutes as minutes,
        cast(-billed.agreed_amount as decimal(18, 2)) as agreed_amount,
        billed.document_version,
        billed.inputs_hash,
        billed.source_hash,
        billed.source_ref,
        revised.adjusts_line_key,
        billed.vat_code as billed_vat_code,
        billed.vat_rate as billed_vat_rate,
    from revised
    inner join billed
        on revised.identity = billed.identity
    where revised.was_live

),

replacement as (

    select
        computed.identity,
        'REPLACEMENT' as kind,
        revised.delta_key || '|NEW' as item_key,
        computed.item_key as source_item_key,
        revised.delta_key || '|NEW' as line_key,
        revised.delta_key || '|NEW' as group_key,
        computed.billing_mode,
        computed.client_id,
        computed.client_file_id,
        computed.fy_label,
        computed.mission_id,
        computed.service_code,
        computed.label,
        computed.period_start,
        computed.period_end,
        computed.due_date,
        computed.origin_month,
        computed.quantity,
        computed.unit_price,
        computed.discount_pct,
        computed.amount,
        computed.minutes,
        computed.agreed_amount,
        computed.document_version,
        computed.inputs_hash,
        computed.source_hash,
        computed.source_ref,
        revised.adjusts_line_key,
        cast(null as {{ text_type() }}) as billed_vat_code,
        cast(null as decimal(9, 4)) as billed_vat_rate,
    from revised
    inner join computed
        on revised.identity = computed.identity
    -- Moved to another client file, it is billed there once that one's month is open.
    inner join open_window
        on revised.new_client_file_id is not distinct from open_window.client_file_id

)

select * from original
union all
select * from reversal
union all
select * from replacement
