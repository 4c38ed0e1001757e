{#- The failing rows of a generic test, run against `rows` (a table or a subquery) instead of the model. -#}
{% macro gate_test_sql(test, rows) %}
    {%- set metadata = test.test_metadata -%}
    {%- set arguments = {} -%}
    {%- for name, value in metadata.kwargs.items() if name != 'model' -%}
        {%- do arguments.update({name: resolve_reference(value)}) -%}
    {%- endfor -%}
    {%- set where = test.config.where -%}
    {%- set subquery = '(select * from ' ~ rows ~ ' where ' ~ where ~ ') dbt_subquery' if where else rows ~ ' dbt_subquery' -%}
    {%- set package = context[metadata.namespace] if metadata.namespace else context -%}
    {%- do return(package['test_' ~ metadata.name](model=subquery, **arguments)) -%}
{% endmacro %}


{#- A test argument that says ref('x') or source('x', 'y') stands for that relation; anything else for itself. -#}
{% macro resolve_reference(value) %}
    {%- set reference = modules.re.match("^\\s*ref\\(\\s*['\"]([^'\"]+)['\"]\\s*\\)\\s*$", value) if value is string else none -%}
    {%- do return(relation_of(node_named(reference.group(1))) if reference else value) -%}
{% endmacro %}
