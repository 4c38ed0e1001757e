{#-
    The tables of a schema, in two statements however many there are: (schema, table, is temporary, information).

    dbt-spark describes every Iceberg table one by one on Spark 3.5. Only `docs generate` needs that; a run needs names.
-#}
{% macro spark__list_relations_without_caching(relation) %}
    {%- set schema = relation.schema -%}
    {%- if run_query('show namespaces like ' ~ text_literal(schema)) | length == 0 -%} {%- do return([]) -%} {%- endif -%}
    {%- set tables = [] -%}
    {%- for row in run_query('show tables in ' ~ schema) -%}
        {%- set columns = _column_lines(schema ~ '.' ~ row[1]) if flags.WHICH == 'generate' else '' -%}
        {%- do tables.append((row[0], row[1], false, 'Type: MANAGED\nProvider: iceberg\n' ~ columns)) -%}
    {%- endfor -%}
    {%- do return(tables) -%}
{% endmacro %}


{#- The columns of a table in the form in which dbt-spark parses them. -#}
{% macro _column_lines(table) -%}
    {%- for column in describe_columns(table) %} |-- {{ column.name }}: {{ column.type }} (nullable = true)
{% endfor -%}
{%- endmacro %}
