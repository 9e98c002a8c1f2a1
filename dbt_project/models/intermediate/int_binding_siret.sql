-- The establishments a binding counts: those it names, else all of the client file. Grain: binding × siret.
with binding as (

    select * from {{ ref('int_metric_binding') }}

),

named as (

    select
        binding.*,
        trim(named_siret) as siret,
    from binding
    cross join {{ split_parts('binding.sirets', '|', 'named_siret') }}
    where binding.sirets is not null

),

of_the_file as (

    select
        binding.*,
        establishment.siret,
    from binding
    inner join {{ ref('stg_establishment') }} as establishment
        on binding.client_file_id = establishment.client_file_id
    where binding.sirets is null

),

unioned as (

    select * from named
    union
    select * from of_the_file

)

select
    unioned.*,
    coalesce(establishment.active_from, {{ beginning_of_time() }}) as active_from,
    coalesce(establishment.active_to, {{ end_of_time() }}) as active_to,
from unioned
left join {{ ref('stg_establishment') }} as establishment
    on unioned.siret = establishment.siret
