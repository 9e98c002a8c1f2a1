-- What is known of each counter of a due rule since it was billed. A device that was taken away and billed has nothing
-- more to tell, unless another came. Grain: rule_id × technical_id.
with stepped as (

    select
        rule_id,
        technical_id,
        count(case when source_table = 'meter_reading' and origin <> 'INSTALLATION' then 1 end) as readings_since,
        count(case when source_table = 'estimate' then 1 end) as estimates,
        count(case when origin = 'INSTALLATION' then 1 end) as installations,
    from {{ ref('int_counter_step') }}
    group by rule_id, technical_id

)

select
    counter.rule_id,
    counter.technical_id,
    coalesce(stepped.readings_since, 0) as readings_since,
    coalesce(stepped.estimates, 0) as estimates,
    coalesce(counter.opening_origin, '') = 'REMOVAL' and coalesce(stepped.installations, 0) = 0 as is_ended,
    volume.technical_id is not null and not volume.is_removed as is_estimable,
    (counter.opening_date is not null or not counter.is_cumulative)
    and (
        coalesce(stepped.readings_since, 0) + coalesce(stepped.estimates, 0) > 0
        or (coalesce(counter.opening_origin, '') = 'REMOVAL' and coalesce(stepped.installations, 0) = 0)
    ) as is_known,
from {{ ref('int_contract_counter') }} as counter
left join stepped
    on counter.rule_id = stepped.rule_id and counter.technical_id = stepped.technical_id
left join {{ ref('int_counter_volume') }} as volume
    on counter.technical_id = volume.technical_id
where exists (select 1 from {{ ref('int_contract_metered') }} as metered where metered.rule_id = counter.rule_id)
