{#- Fails for rows of which an expression is not true; null is not true. -#}
{% test is_true(model, expression, column_name=none) %}
select *
from {{ model }}
where not coalesce({{ expression }}, false)
{% endtest %}
