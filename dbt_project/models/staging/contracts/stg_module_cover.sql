-- The days a module covers: its own, and those of the modules that renew it, one after the other, whatever lies between
-- them. A tacit renewal goes on by itself. Each round below doubles how many modules are followed, 32 in all.
-- A table: what reads it would follow them anew each time. Grain: module_id × covering_module_id.
{{ config(materialized='table') }}
with module as (

    select
        module_id,
        valid_from,
        case when renewal = 'TACIT' then {{ end_of_time() }} else coalesce(valid_to, {{ end_of_time() }}) end as covers_until,
        renewed_by_module_id,
    from {{ source('raw', 'contract_module') }}

),

-- The module so many renewals on, and those fewer renewals on, of which the module itself is the first.
later_0 as (

    select
        module_id,
        renewed_by_module_id as later_module_id,
    from module
    where renewed_by_module_id is not null

),

chain_0 as (

    select
        module_id,
        module_id as later_module_id,
    from module

),

{% for round in range(1, 6) %}
chain_{{ round }} as (

    select
        module_id,
        later_module_id,
    from chain_{{ round - 1 }}

    union

    select
        earlier.module_id,
        later.later_module_id,
    from later_{{ round - 1 }} as earlier
    inner join chain_{{ round - 1 }} as later
        on earlier.later_module_id = later.module_id

),

later_{{ round }} as (

    select
        earlier.module_id,
        later.later_module_id,
    from later_{{ round - 1 }} as earlier
    inner join later_{{ round - 1 }} as later
        on earlier.later_module_id = later.module_id

),

{% endfor %}
followed as (

    select * from chain_5

)

select
    followed.module_id,
    module.module_id as covering_module_id,
    module.valid_from,
    module.covers_until,
from followed
inner join module
    on followed.later_module_id = module.module_id
