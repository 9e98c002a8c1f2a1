-- The fiscal year cut into slices of the line's period; those that overlap the mission and the letter's own dates,
-- clipped to both and numbered. Grain: document line × slice_no.
with line as (

    select *
    from {{ ref('int_document_line') }}
    where billing_mode = 'FLAT' and periodicity is not null and fy_start is not null and known_mission_id is not null

),

slice as (

    select
        line.*,
        step,
        case
            when line.period_months is null then line.fy_start
            else {{ anchored_date('line.fy_start', 'step * line.period_months', day_of_month('line.fy_start')) }}
        end as slice_start,
        case
            when line.period_months is null then line.fy_end
            else {{ previous_day(anchored_date(
                'line.fy_start', '(step + 1) * line.period_months', day_of_month('line.fy_start')
            )) }}
        end as slice_end,
    from line
    -- A year of 14 months quarterly has a fifth, short slice; what lies beyond the year's end is clipped away below.
    cross join {{ integers(
        '0',
        'case when line.period_months is null then 0 else '
        ~ integer_divide(months_between_months('line.fy_start', 'line.fy_end'), 'line.period_months') ~ ' end',
        'step'
    ) }}

),

clipped as (

    select
        *,
        greatest(slice_start, mission_start, effective_from) as period_start,
        least(slice_end, fy_end, mission_end, effective_to) as period_end,
    from slice

)

select
    document_id,
    version,
    line_no,
    row_number() over (partition by document_id, version, line_no order by slice_start) as slice_no,
    slice_start,
    slice_end,
    period_start,
    period_end,
from clipped
where period_start <= period_end
