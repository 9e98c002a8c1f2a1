-- The items of the run: new ones whose home month, or first open month after it, is the month being run; and for billed
-- ones whose input has changed since, the reversal of what was billed and its replacement. Each client file has a history
-- of its own: what moves to another one is taken back there and billed anew here, each in its first open month. `kind` is
-- ORIGINAL, REVERSAL or REPLACEMENT. Grain: item_key.
with run_context as (

    select * from {{ ref('stg_run_context') }}

),

computed as (

    select * from {{ ref('int_item_computed') }}

),

billed as (

    select * from {{ ref('stg_ledger_item') }}

),

billed_anywhere as (

    -- What was billed last of an item, whatever the client file: its number names what is billed next.
    select
        identity,
        billing_no,
        coalesce(taken_back_by, line_key) as adjusts_line_key,
    from (
        select
            *,
            row_number() over (partition by identity order by billing_no desc) as recency,
        from billed
        where kind <> 'EXCLUDED'
    )
    where recency = 1

),

open_window as (

    select * from {{ ref('int_file_window') }} where is_open

),

fresh as (

    select
        computed.*,
        case
            when billed_anywhere.identity is not null
                then 'DELTA|' || computed.identity || '|' || billed_anywhere.billing_no || '|NEW'
            when billed_group.lines is not null
                then computed.line_key || '|+' || billed_group.lines
            else computed.line_key
        end as run_line_key,
        billed_anywhere.adjusts_line_key,
    from computed
    cross join run_context
    inner join open_window
        on
            computed.client_file_id is not distinct from open_window.client_file_id
            and computed.origin_month >= open_window.first_home_month
            and computed.origin_month <= run_context.month
    left join billed
        on computed.identity = billed.identity and computed.client_file_id = billed.client_file_id
    left join billed_anywhere
        on computed.identity = billed_anywhere.identity
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
        billed.*,
        'DELTA|' || billed.identity || '|' || billed.billing_no as delta_key,
        'DELTA|' || billed.identity || '|' || billed_anywhere.billing_no || '|NEW' as new_key,
        -- Taken back in the first open month after the one that billed it; billed anew from its home month on.
        billed.is_live and billed.month >= open_window.first_home_month as is_reversed,
        computed.identity is not null
        and greatest(billed.month, computed.origin_month) >= open_window.first_home_month as is_replaced,
    from billed
    left join computed
        on billed.identity = computed.identity and billed.client_file_id = computed.client_file_id
    inner join billed_anywhere
        on billed.identity = billed_anywhere.identity
    left join {{ ref('int_item_kept') }} as kept
        on billed.identity = kept.identity
    cross join run_context
    inner join open_window
        on
            billed.client_file_id = open_window.client_file_id
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
                    or computed.service_code is distinct from billed.service_code
                )
            )
        )

),

left_live as (

    -- Replaced by a validation while its own reversal waited, held or postponed.
    select
        billing.*,
        'DELTA|' || billing.identity || '|' || billing.billing_no as delta_key,
    from {{ ref('stg_ledger_billing') }} as billing
    cross join run_context
    inner join open_window
        on
            billing.client_file_id = open_window.client_file_id
            and billing.month >= open_window.first_home_month
            and billing.month < run_context.month
    where billing.is_live and not billing.is_latest

),

taken_back as (

    {% set billed_columns = [
        'identity', 'delta_key', 'line_key', 'billing_mode', 'client_id', 'client_file_id', 'fy_label', 'mission_id',
        'service_code', 'label', 'period_start', 'period_end', 'due_date', 'origin_month', 'quantity', 'unit_price',
        'discount_pct', 'amount', 'minutes', 'agreed_amount', 'document_version', 'inputs_hash', 'source_hash',
        'source_ref', 'vat_code', 'vat_rate',
    ] %}
    select
        {{ billed_columns | join(',\n        ') }},
    from revised
    where is_reversed
    union all
    select
        {{ billed_columns | join(',\n        ') }},
    from left_live

),

original as (

    select
        identity,
        case when adjusts_line_key is null then 'ORIGINAL' else 'REPLACEMENT' end as kind,
        case when adjusts_line_key is null then item_key else run_line_key end as item_key,
        item_key as source_item_key,
        run_line_key as line_key,
        case when adjusts_line_key is null then line_key else run_line_key end as group_key,
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
        adjusts_line_key,
        cast(null as {{ text_type() }}) as billed_vat_code,
        cast(null as decimal(9, 4)) as billed_vat_rate,
    from fresh

),

reversal as (

    -- As it was billed, the other way round.
    select
        identity,
        'REVERSAL' as kind,
        delta_key || '|REV' as item_key,
        cast(null as {{ text_type() }}) as source_item_key,
        delta_key || '|REV' as line_key,
        delta_key || '|REV' as group_key,
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
        cast(-quantity as decimal(18, 4)) as quantity,
        unit_price,
        discount_pct,
        cast(-amount as decimal(18, 2)) as amount,
        -minutes as minutes,
        cast(-agreed_amount as decimal(18, 2)) as agreed_amount,
        document_version,
        inputs_hash,
        source_hash,
        source_ref,
        line_key as adjusts_line_key,
        vat_code as billed_vat_code,
        vat_rate as billed_vat_rate,
    from taken_back

),

replacement as (

    select
        computed.identity,
        'REPLACEMENT' as kind,
        revised.new_key as item_key,
        computed.item_key as source_item_key,
        revised.new_key as line_key,
        revised.new_key as group_key,
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
        coalesce(revised.taken_back_by, revised.line_key) as adjusts_line_key,
        cast(null as {{ text_type() }}) as billed_vat_code,
        cast(null as decimal(9, 4)) as billed_vat_rate,
    from revised
    inner join computed
        on revised.identity = computed.identity and revised.client_file_id = computed.client_file_id
    where revised.is_replaced

)

select * from original
union all
select * from reversal
union all
select * from replacement
