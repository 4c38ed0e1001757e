{#-
    The tables of a schema, in two statements however many there are: (schema, table, is temporary, information).

    dbt-spark describes every Iceberg table one by one on Spark 3.5. Only `docs generate` needs that; a run needs names.
-#}
{% macro spark__list_relations_without_caching(relation) %}
    {%- set schema = relation.schema -%}
    {%- if run_query('show namespaces like ' ~ text_literal(schema)) | length == 0 -%} {%- do return([]) -%} {%- endif -%}
    {%- set tables = [] -%}
    {%- for row in run_query('show tables in ' ~ schema) -%}
        {%- set columns = _describe_columns(schema ~ '.' ~ row[1]) if flags.WHICH == 'generate' else '' -%}
        {%- do tables.append((row[0], row[1], false, 'Type: MANAGED\nProvider: iceberg\n' ~ columns)) -%}
    {%- endfor -%}
    {%- do return(tables) -%}
{% endmacro %}


{#- The columns of a table in the form in which dbt-spark parses them. -#}
{% macro _describe_columns(table) -%}
    {%- set reading = namespace(columns=true, text='') -%}
    {%- for row in run_query('describe table ' ~ table) -%}
        {%- if not row[0] or row[0].startswith('#') -%} {%- set reading.columns = false -%} {%- endif -%}
        {%- if reading.columns -%}
            {%- set reading.text = reading.text ~ ' |-- ' ~ row[0] ~ ': ' ~ row[1] ~ ' (nullable = true)\n' -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(reading.text) -%}
{%- endmacro %}
