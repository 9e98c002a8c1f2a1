{#-
  No two rows agree on all of `columns`. A NULL is a value like another here: two rows without client file are alike.
  Returns one row per combination found more than once, with how often.
-#}
{% test unique_combination(model, columns) %}
select
    {{ columns | join(', ') }},
    count(*) as occurrences,
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
