-- Every instalment of every version of every letter: due date, period, amount before and after indexation.
-- Grain: document line × instalment_no.
with line as (

    select * from {{ ref('int_document_line') }} where billing_mode = 'FLAT'

),

slice as (

    select * from {{ ref('int_document_slice') }}

),

explicit as (

    select * from {{ ref('stg_document_instalment') }}

),

line_extent as (

    select
        line.document_id,
        line.version,
        line.line_no,
        coalesce(line.instalments, count(slice.slice_no)) as instalments,
        -- A line of one instalment has the fiscal year for slice.
        coalesce(line.period_months, {{ months_since('line.fy_start', 'line.fy_end', day_of_month('line.fy_start')) }} + 1)
            as slice_months,
    from line
    left join slice
        on
            line.document_id = slice.document_id
            and line.version = slice.version
            and line.line_no = slice.line_no
    where line.periodicity is not null
    group by
        line.document_id, line.version, line.line_no, line.instalments, line.period_months, line.fy_start, line.fy_end

),

scheduled as (

    select
        line.document_id,
        line.version,
        line.line_no,
        instalment_no,
        case
            when line.first_due_date is not null
                then {{ anchored_date(
                    'line.first_due_date',
                    '(instalment_no - 1) * coalesce(line.period_months, 0)',
                    day_of_month('line.first_due_date')
                ) }}
            -- No first date given: each instalment on the first or the last day of its own period.
            when line.term = 'ADVANCE' then slice.period_start
            else slice.period_end
        end as due_date,
        slice.period_start,
        slice.period_end,
        case
            when line.amount is not null
                then {{ split_amount('line.amount', 'line_extent.instalments', 'instalment_no', 'line.rounding') }}
            -- The price of a period needs one: an instalment beyond the last slice has no amount.
            when slice.slice_no is not null
                then {{ prorate(
                'line.amount_per_period',
                prorata_numerator(
                    'line.proration', 'slice.period_start', 'slice.period_end',
                    'slice.slice_start', 'slice.slice_end',
                    'line_extent.slice_months', day_of_month('line.fy_start')
                ),
                prorata_denominator(
                    'line.proration', 'slice.period_start', 'slice.period_end',
                    'slice.slice_start', 'slice.slice_end',
                    'line_extent.slice_months', day_of_month('line.fy_start')
                )
            ) }}
        end as amount,
        false as is_balance,
        true as is_scheduled,
    from line
    inner join line_extent
        on
            line.document_id = line_extent.document_id
            and line.version = line_extent.version
            and line.line_no = line_extent.line_no
    cross join {{ integers('1', 'line_extent.instalments', 'instalment_no') }}
    left join slice
        on
            line.document_id = slice.document_id
            and line.version = slice.version
            and line.line_no = slice.line_no
            and instalment_no = slice.slice_no

),

listed as (

    -- Instalments the letter lists by date come after those of its schedule.
    select
        explicit.document_id,
        explicit.version,
        explicit.line_no,
        explicit.instalment_no + coalesce(line_extent.instalments, 0) as instalment_no,
        explicit.due_date,
        cast(null as date) as period_start,
        cast(null as date) as period_end,
        explicit.amount,
        explicit.is_balance,
        false as is_scheduled,
    from explicit
    left join line_extent
        on
            explicit.document_id = line_extent.document_id
            and explicit.version = line_extent.version
            and explicit.line_no = line_extent.line_no

),

unlocked as (

    select * from scheduled
    union all
    select * from listed

),

dated as (

    -- An instalment is known by the month it falls due in, not by its number: a new version may count anew.
    select
        *,
        row_number() over (
            partition by document_id, version, line_no, {{ month_key('due_date') }} order by instalment_no
        ) as occurrence_no,
    from unlocked

),

keyed as (

    select
        *,
        {{ month_key('due_date') }}
        || case when occurrence_no > 1 then '|' || cast(occurrence_no as {{ text_type() }}) else '' end as due_key,
    from dated

),

validated as (

    -- What was billed under an earlier version stays as it was.
    select
        keyed.document_id,
        keyed.version,
        keyed.line_no,
        keyed.instalment_no,
        billed.agreed_amount,
    from keyed
    inner join {{ ref('stg_ledger_item') }} as billed
        on
            billed.identity = 'FLAT|' || keyed.document_id || '|' || keyed.line_no || '|' || keyed.due_key
            and billed.document_version < keyed.version
    where billed.is_live

),

billed_before as (

    select
        line.document_id,
        line.version,
        line.line_no,
        sum(billed.agreed_amount) as agreed_amount,
    from line
    inner join {{ ref('stg_ledger_item') }} as billed
        on
            {{ begins_with("billed.identity", "'FLAT|' || line.document_id || '|' || line.line_no || '|'") }}
            and billed.document_version < line.version
    where billed.is_live and line.amount is not null
    group by line.document_id, line.version, line.line_no

),

remaining as (

    -- The others share what is left of the line's total: split anew by the same policy, or, where the letter lists its
    -- amounts, as listed, the last one taking the difference.
    select
        keyed.document_id,
        keyed.version,
        keyed.line_no,
        keyed.instalment_no,
        keyed.is_scheduled,
        keyed.amount as listed_amount,
        line.amount - billed_before.agreed_amount as total,
        sum(keyed.amount) over (partition by keyed.document_id, keyed.version, keyed.line_no) as listed_total,
        count(keyed.amount) over (partition by keyed.document_id, keyed.version, keyed.line_no) as listed_amounts,
        line.rounding,
        row_number() over (
            partition by keyed.document_id, keyed.version, keyed.line_no order by keyed.instalment_no
        ) as place,
        count(*) over (partition by keyed.document_id, keyed.version, keyed.line_no) as places,
    from keyed
    inner join line
        on
            keyed.document_id = line.document_id
            and keyed.version = line.version
            and keyed.line_no = line.line_no
    inner join billed_before
        on
            keyed.document_id = billed_before.document_id
            and keyed.version = billed_before.version
            and keyed.line_no = billed_before.line_no
    left join validated
        on
            keyed.document_id = validated.document_id
            and keyed.version = validated.version
            and keyed.line_no = validated.line_no
            and keyed.instalment_no = validated.instalment_no
    where validated.instalment_no is null

),

instalment as (

    select
        keyed.document_id,
        keyed.version,
        keyed.line_no,
        keyed.instalment_no,
        keyed.due_key,
        keyed.due_date,
        keyed.period_start,
        keyed.period_end,
        case
            when validated.instalment_no is not null then validated.agreed_amount
            when remaining.is_scheduled
                then {{ split_amount('remaining.total', 'remaining.places', 'remaining.place', 'remaining.rounding') }}
            when remaining.place = remaining.places and remaining.listed_amounts = remaining.places
                then cast(remaining.listed_amount + remaining.total - remaining.listed_total as decimal(18, 2))
            else keyed.amount
        end as amount,
        keyed.is_balance,
    from keyed
    left join validated
        on
            keyed.document_id = validated.document_id
            and keyed.version = validated.version
            and keyed.line_no = validated.line_no
            and keyed.instalment_no = validated.instalment_no
    left join remaining
        on
            keyed.document_id = remaining.document_id
            and keyed.version = remaining.version
            and keyed.line_no = remaining.line_no
            and keyed.instalment_no = remaining.instalment_no

),

line_sum as (

    select
        document_id,
        version,
        line_no,
        coalesce(sum(amount), 0) as known_amount,
    from instalment
    group by document_id, version, line_no

),

document_sum as (

    select
        document_id,
        version,
        sum(known_amount) as known_amount,
    from line_sum
    group by document_id, version

),

balanced as (

    -- A balance nobody priced is what is left of the line, or of the whole letter where the line has no total.
    select
        instalment.*,
        line.due_from,
        line.mission_start,
        line.mission_end,
        line.index_code,
        line.index_series,
        line.base_month,
        line.revision_month,
        line.cap_pct,
        line.floor_pct,
        case
            when instalment.amount is null and instalment.is_balance
                then cast(
                    coalesce(line.amount, line.total_fee)
                    - case when line.amount is null then document_sum.known_amount else line_sum.known_amount end
                    as decimal(18, 2)
                )
            else instalment.amount
        end as agreed_amount,
    from instalment
    inner join (
        select
            *,
            case when revision_month is not null then {{ month_start('revision_month') }} end as due_from,
        from line
    ) as line
        on
            instalment.document_id = line.document_id
            and instalment.version = line.version
            and instalment.line_no = line.line_no
    inner join line_sum
        on
            instalment.document_id = line_sum.document_id
            and instalment.version = line_sum.version
            and instalment.line_no = line_sum.line_no
    inner join document_sum
        on instalment.document_id = document_sum.document_id and instalment.version = document_sum.version

)

select
    balanced.document_id,
    balanced.version,
    balanced.line_no,
    balanced.instalment_no,
    balanced.due_key,
    balanced.due_date,
    balanced.period_start,
    balanced.period_end,
    balanced.is_balance,
    balanced.mission_start,
    balanced.mission_end,
    balanced.agreed_amount,
    case
        when balanced.index_code is null or balanced.due_date < balanced.due_from then balanced.agreed_amount
        -- An index nobody published, or a series nobody linked, leaves the amount unknown.
        when index_ratio.link_coefficient is not null
            then {{ indexed_amount(
            'balanced.agreed_amount', 'index_ratio.new_index', 'index_ratio.base_index',
            'index_ratio.link_coefficient', 'balanced.cap_pct', 'balanced.floor_pct'
        ) }}
    end as amount,
    case
        when balanced.index_code is not null and balanced.due_date >= balanced.due_from then index_ratio.new_index_key
    end as index_key,
from balanced
left join {{ ref('int_index_ratio') }} as index_ratio
    on
        balanced.index_code = index_ratio.index_code
        and balanced.index_series is not distinct from index_ratio.index_series
        and balanced.base_month = index_ratio.base_month
        and balanced.revision_month = index_ratio.revision_month
