{#-
    `dbt show` of a model: what it makes of everything that its inputs hold, whatever its checkpoint. Reads only, commits nothing.

    Replaces dbt's own macro, which knows nothing of the views that a model's text names.
-#}
{% macro get_show_sql(compiled_code, sql_header, limit) -%}
    {%- if model.resource_type == 'model' -%}
        {%- set reads = plan_reads(model.name, compiled_code, model_dependencies(model)) -%}
        {%- if reads -%} {%- do create_read_views(reads, pin_inputs(none, reads)) -%} {%- endif -%}
    {%- endif -%}
    {{ sql_header or '' }}
    {{ get_limit_subquery_sql(compiled_code, limit) }}
{%- endmacro %}
