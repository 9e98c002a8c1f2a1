-- The VAT rate of each code on each due date that an item may have in the month. Grain: vat_code × due_date.
with due as (

    select distinct
        service.vat_code,
        item.due_date,
    from {{ ref('int_item_run') }} as item
    inner join {{ ref('stg_service') }} as service
        on item.service_code = service.service_code

),

ranked as (

    select
        due.vat_code,
        due.due_date,
        vat_rate.rate,
        row_number() over (
            partition by due.vat_code, due.due_date order by vat_rate.valid_from desc
        ) as choice,
    from due
    inner join {{ ref('stg_vat_rate') }} as vat_rate
        on
            due.vat_code = vat_rate.vat_code
            and vat_rate.valid_from <= due.due_date
            and vat_rate.valid_to >= due.due_date

)

select
    vat_code,
    due_date,
    rate,
from ranked
where choice = 1
