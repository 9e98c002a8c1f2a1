-- Modules with the days they cover. A tacit renewal goes on by itself; an express one as far as the modules that renew
-- it, one after the other, without a gap: each round below doubles how many of them are followed, 32 in all.
-- A table: what reads it would follow them anew each time. Grain: module_id.
{{ config(materialized='table') }}
with module as (

    select
        module_id,
        contract_id,
        label,
        valid_from,
        coalesce(valid_to, {{ end_of_time() }}) as valid_to,
        coalesce(renewal, 'EXPRESS') as renewal,
        renewed_by_module_id,
        case when renewal = 'TACIT' then {{ end_of_time() }} else coalesce(valid_to, {{ end_of_time() }}) end as covers_until,
    from {{ source('raw', 'contract_module') }}

),

renewed_0 as (

    select
        module_id,
        valid_from,
        covers_until,
        -- What has no end needs no successor.
        case when covers_until < {{ end_of_time() }} then renewed_by_module_id end as renewed_by_module_id,
    from module

),

{% for round in range(1, 6) %}
renewed_{{ round }} as (

    select
        earlier.module_id,
        earlier.valid_from,
        greatest(earlier.covers_until, later.covers_until) as covers_until,
        case when later.module_id is not null then later.renewed_by_module_id end as renewed_by_module_id,
    from renewed_{{ round - 1 }} as earlier
    left join renewed_{{ round - 1 }} as later
        on
            earlier.renewed_by_module_id = later.module_id
            and later.valid_from <= {{ next_day('least(earlier.covers_until, ' ~ previous_day(end_of_time()) ~ ')') }}

),

{% endfor %}
followed as (

    select * from renewed_5

)

select
    module.module_id,
    module.contract_id,
    module.label,
    module.valid_from,
    module.valid_to,
    module.renewal,
    module.renewed_by_module_id,
    followed.covers_until,
from module
inner join followed
    on module.module_id = followed.module_id
