{#-
  Takes the month being run out of an incremental mart before its new rows are appended, in the same transaction: a
  month that has become empty leaves nothing behind, which `delete+insert` on the new rows' keys would.
-#}
{% macro replace_month() %}
{% if is_incremental() %}
delete from {{ this }} where month = (select month from {{ source('raw', 'run_context') }})
{% endif %}
{% endmacro %}
