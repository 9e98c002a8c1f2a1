-- Why a client's month differs from the month before, in parts that add up to the difference exactly.
--
-- Compared is what is invoiced: the net amount of the lines that are not HELD. Every line belongs to one class:
--   late      comes from an earlier month (origin_month), or adjusts a validated line (adjusts_line_key);
--   one_off   an ad-hoc service, a balance, an instalment of a fee billed once;
--   regular   everything else.
-- Late and one-off lines of this month count for the difference, those of the month before against it. Regular lines are
-- compared stream by stream. A stream is what is expected to come back: client file, mission code (whatever the vintage),
-- billing mode, service and, for flat fees, whether the period is a month or longer. In it, a tier or a collaborator is compared
-- with itself.
--   held      what anomalies hold, or a person set aside, this month and not the month before, and the reverse;
--   new, ended   the stream begins or ends: a monthly fee, or a mission that started or ended;
--   schedule  a fee that does not fall due every month (a quarter, a year) falls due, or does not;
--   quantity  more or fewer units, hours or instalments, at the price of the month before;
--   price     what is left: the price, a discount, an amount set by hand.
--
-- $month and $previous are `YYYY-MM`. Gives one row per client × stream × cause with a difference or an amount.
create or replace temporary table change_part as
with bounds as (

    select
        cast($previous || '-01' as date) as previous_start,
        cast($month || '-01' as date) as month_start,

),

mission as (

    select
        mission.mission_id,
        mission.client_file_id,
        coalesce(mission.mission_code, mission.mission_id) as mission_code,
        mission.start_date,
        case
            when mission.status = 'CLOSED' then coalesce(mission.end_date, date '0001-01-01')
            when mission.renewal in ('TACIT', 'EXPRESS') then null
            else mission.end_date
        end as over_on,
    from raw.mission as mission

),

succession as (

    -- Vintages of one mission of a client file follow each other.
    select
        client_file_id,
        mission_code,
        min(start_date) as began_on,
        case when count(*) = count(over_on) then max(over_on) end as over_on,
    from mission
    group by client_file_id, mission_code

),

once as (

    -- Instalments that do not come back, by the input row that stands as their evidence.
    select
        'billing_plan_line' as source_table,
        plan_id || '|' || line_no as source_key,
    from raw.billing_plan_line
    where is_balance

    union

    select
        'document',
        document_line.document_id || '|' || document_line.version || '|' || document_line.line_no || '|%',
    from raw.document_line as document_line
    where document_line.periodicity = 'ONE_OFF'

    union

    select
        'document',
        document_id || '|' || version || '|' || line_no || '|' || instalment_no,
    from raw.document_instalment
    where is_balance

),

line_once as (

    select distinct
        evidence.month,
        evidence.line_key,
    from marts.prebill_evidence as evidence
    inner join once
        on
            evidence.source_table = once.source_table
            and (
                evidence.source_key = once.source_key
                or regexp_replace(evidence.source_key, '[^|]*$', '%') = once.source_key
            )
    where evidence.month in ($month, $previous)

),

line as (

    select
        line.month,
        line.client_id,
        line.client_file_id,
        coalesce(mission.mission_code, line.mission_id) as mission_code,
        line.billing_mode,
        line.service_code,
        case
            when line.origin_month < line.month or line.adjusts_line_key is not null then 'late'
            when line.billing_mode = 'ADHOC' or line_once.line_key is not null then 'one_off'
            else 'regular'
        end as class,
        case
            when line.billing_mode <> 'FLAT' or datediff('day', line.period_start, line.period_end) is null then ''
            when datediff('day', line.period_start, line.period_end) <= 31 then 'MONTH'
            else 'LONGER'
        end as period,
        case line.billing_mode
            when 'TIME' then split_part(line.line_key, '|', 3)
            when 'UNIT' then regexp_extract(line.line_key, '[^|]*$')
            else ''
        end as detail,
        split_part(line.line_key, '|', 1) || '|' || split_part(line.line_key, '|', 2) as origin,
        line.quantity,
        line.unit_price,
        coalesce(line.discount_pct, 0) as discount_pct,
        line.amount_net,
        line.status = 'HELD' as is_held,
    from marts.prebill_line as line
    left join mission
        on line.mission_id = mission.mission_id
    left join line_once
        on line.month = line_once.month and line.line_key = line_once.line_key
    where line.month in ($month, $previous)

),

-- What does not come back by itself -----------------------------------------------------------------------------------

single as (

    select
        client_id,
        client_file_id,
        mission_code,
        billing_mode,
        service_code,
        class as cause,
        coalesce(sum(amount_net) filter (where month = $previous), 0) as amount_previous,
        coalesce(sum(amount_net) filter (where month = $month), 0) as amount_month,
    from line
    where class in ('late', 'one_off') and not is_held
    group by all

),

-- What does -----------------------------------------------------------------------------------------------------------

set_aside as (

    -- Plans, missions and entries with something held without a known amount, or taken out by a person.
    select distinct
        month,
        client_file_id,
        origin,
    from line
    where is_held and amount_net is null

    union

    select distinct
        month,
        client_file_id,
        split_part(detail, '|', 1) || '|' || split_part(detail, '|', 2),
    from marts.prebill_exclusion
    where reason_code in ('EXCLUDED_BY_PERSON', 'POSTPONED') and month in ($month, $previous)

),

stream as (

    select
        client_id,
        client_file_id,
        mission_code,
        billing_mode,
        service_code,
        period,
        coalesce(sum(amount_net) filter (where month = $previous and not is_held), 0) as amount_previous,
        coalesce(sum(amount_net) filter (where month = $month and not is_held), 0) as amount_month,
        coalesce(sum(amount_net) filter (where month = $previous and is_held), 0) as held_previous,
        coalesce(sum(amount_net) filter (where month = $month and is_held), 0) as held_month,
        count(amount_net) filter (where month = $previous) as lines_previous,
        count(amount_net) filter (where month = $month) as lines_month,
        list(distinct origin) as origins,
    from line
    where class = 'regular'
    group by all
    having count(*) filter (where not is_held) > 0

),

part as (

    -- One tier, one collaborator or one fee, in both months. Held amounts are in it: being held is a cause of its own.
    select
        line.client_id,
        line.client_file_id,
        line.mission_code,
        line.billing_mode,
        line.service_code,
        line.period,
        line.detail,
        coalesce(sum(amount_net) filter (where month = $previous), 0) as amount_previous,
        coalesce(sum(amount_net) filter (where month = $month), 0) as amount_month,
        coalesce(sum(quantity) filter (where month = $previous), 0) as quantity_previous,
        coalesce(sum(quantity) filter (where month = $month), 0) as quantity_month,
        count(*) filter (where month = $previous) as lines_previous,
        count(*) filter (where month = $month) as lines_month,
        min(unit_price) filter (where month = $previous) as price_previous,
        min(unit_price) filter (where month = $month) as price_month,
        min(discount_pct) filter (where month = $previous) as discount_previous,
        min(discount_pct) filter (where month = $month) as discount_month,
        count(distinct (unit_price, discount_pct)) filter (where month = $previous) as prices_previous,
        count(distinct (unit_price, discount_pct)) filter (where month = $month) as prices_month,
    from line
    where class = 'regular' and amount_net is not null
    group by all

),

split as (

    -- What this month's quantity comes to at the price of the month before; the rest of the difference is the price.
    select
        part.*,
        case
            when lines_previous = 0 or lines_month = 0 then amount_month
            -- The supplement up to a minimum moves with the quantities.
            when detail = 'MIN' and billing_mode = 'UNIT' then amount_month
            when quantity_month = quantity_previous then amount_previous
            when
                prices_previous = 1 and prices_month = 1
                and price_previous = price_month and discount_previous = discount_month
                then amount_month
            when prices_previous = 1 and price_previous is not null
                then cast(
                    round(quantity_month * price_previous * (100 - discount_previous) * 0.01, 2) as decimal(18, 2)
                )
            when quantity_previous > 0
                then cast(
                    -- Whole numbers, rounded half away from zero: cents × units of 1/10000 ÷ units of 1/10000.
                    sign(amount_previous) * (
                        (
                            2 * abs(cast(amount_previous * 100 as hugeint)) * cast(quantity_month * 10000 as hugeint)
                            + cast(quantity_previous * 10000 as hugeint)
                        ) // (2 * cast(quantity_previous * 10000 as hugeint))
                    ) as decimal(18, 0)
                ) * 0.01
            else amount_month
        end as amount_at_previous_price,
    from part

),

compared as (

    select
        stream.*,
        split.quantity_part,
        split.price_part,
        case
            when stream.lines_previous > 0 and stream.lines_month > 0 then null
            when exists (
                select 1
                from set_aside
                where
                    set_aside.month = case when stream.lines_month = 0 then $month else $previous end
                    and set_aside.client_file_id is not distinct from stream.client_file_id
                    and list_contains(stream.origins, set_aside.origin)
            ) then 'held'
            when
                stream.lines_previous = 0
                and (
                    stream.period = 'MONTH'
                    or succession.began_on >= bounds.previous_start
                    or client_file.opened_on >= bounds.previous_start
                )
                then 'new'
            when
                stream.lines_month = 0
                and stream.period <> 'LONGER'
                and (
                    stream.period = 'MONTH'
                    or succession.over_on < bounds.month_start
                    or client_file.closed_on < bounds.month_start
                    or client_file.status = 'CLOSED'
                )
                then 'ended'
            when stream.billing_mode = 'FLAT' then 'schedule'
            else 'quantity'
        end as whole_cause,
    from stream
    inner join (
        select
            client_id,
            client_file_id,
            mission_code,
            billing_mode,
            service_code,
            period,
            sum(amount_at_previous_price - amount_previous) as quantity_part,
            sum(amount_month - amount_at_previous_price) as price_part,
        from split
        group by all
    ) as split
        on
            stream.client_id is not distinct from split.client_id
            and stream.client_file_id is not distinct from split.client_file_id
            and stream.mission_code is not distinct from split.mission_code
            and stream.billing_mode = split.billing_mode
            and stream.service_code is not distinct from split.service_code
            and stream.period = split.period
    cross join bounds
    left join succession
        on stream.client_file_id = succession.client_file_id and stream.mission_code = succession.mission_code
    left join raw.client_file as client_file
        on stream.client_file_id = client_file.client_file_id

),

cause as (

    select
        client_id,
        client_file_id,
        mission_code,
        billing_mode,
        service_code,
        unnest([
            {'cause': whole_cause, 'difference': case when whole_cause is not null then quantity_part + price_part end},
            {'cause': 'quantity', 'difference': case when whole_cause is null then quantity_part end},
            {'cause': 'price', 'difference': case when whole_cause is null then price_part end},
            {'cause': 'held', 'difference': held_previous - held_month}
        ], recursive := true),
    from compared

    union all

    select
        client_id,
        client_file_id,
        mission_code,
        billing_mode,
        service_code,
        cause,
        amount_month - amount_previous,
    from single

)

select
    client_id,
    client_file_id,
    mission_code,
    billing_mode,
    service_code,
    cause,
    cast(sum(difference) as decimal(18, 2)) as difference,
from cause
where difference <> 0
group by client_id, client_file_id, mission_code, billing_mode, service_code, cause
having sum(difference) <> 0
