-- FI-09. Scope: each rate or price of a scope that follows another: it should begin the day after the other ends.
with priced as (

    select distinct
        'selling_rate' as subject_type,
        coalesce(collaborator_id, '') || '|' || coalesce(grade, '') || '|' || coalesce(client_file_id, '') || '|'
        || coalesce(mission_code, '') as subject_id,
        client_file_id,
        valid_from,
        valid_to,
    from {{ ref('stg_selling_rate') }}

    union

    select
        'price',
        service_code,
        null,
        valid_from,
        valid_to,
    from {{ ref('stg_price') }}

    union

    select
        'client_price',
        client_file_id || '|' || service_code,
        client_file_id,
        valid_from,
        valid_to,
    from {{ ref('stg_client_price') }}

    union

    select
        'vat_rate',
        vat_code,
        null,
        valid_from,
        valid_to,
    from {{ ref('stg_vat_rate') }}

),

one_list as (

    -- The tiers of one price list share its dates.
    select
        subject_type,
        subject_id,
        client_file_id,
        valid_from,
        max(valid_to) as valid_to,
    from priced
    group by subject_type, subject_id, client_file_id, valid_from

),

sequenced as (

    select
        *,
        max(valid_to) over (
            partition by subject_type, subject_id order by valid_from
            rows between unbounded preceding and 1 preceding
        ) as covered_until,
    from one_list

)

select
    {{ control_case(
        "sequenced.subject_type || '|' || sequenced.subject_id || '|' || cast(sequenced.valid_from as " ~ text_type() ~ ")",
        'price_scope', 'sequenced.subject_id', 'client_file.client_id', 'sequenced.client_file_id',
        severity="'warning'"
    ) }},
    sequenced.subject_type as priced_in,
    sequenced.valid_from,
    case
        when sequenced.covered_until = {{ end_of_time() }} then sequenced.covered_until
        else {{ next_day('sequenced.covered_until') }}
    end as expected_valid_from,
from sequenced
cross join {{ ref('stg_run_context') }} as run_context
left join {{ ref('stg_client_file') }} as client_file
    on sequenced.client_file_id = client_file.client_file_id
where sequenced.covered_until is not null
