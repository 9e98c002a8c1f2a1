{#-
  The incremental strategy of the marts: the month being run is taken out and written anew, in one transaction. A month
  that has become empty leaves nothing behind, which `delete+insert` on the new rows' keys would. The delete comes after
  any change of the table's columns: DuckDB does not commit a transaction that deletes from a table and then alters it.
-#}
{% macro get_incremental_replace_month_sql(arg_dict) %}
delete from {{ arg_dict['target_relation'] }}
where month = (select month from {{ source('raw', 'run_context') }});
{{ get_insert_into_sql(arg_dict['target_relation'], arg_dict['temp_relation'], arg_dict['dest_columns']) }}
{% endmacro %}
