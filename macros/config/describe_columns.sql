{#- The columns a table has now, without its partitioning: [{'name' in lower case, 'type', 'description'}]. -#}
{% macro describe_columns(relation) %}
    {%- set columns = [] -%}
    {%- set reading = namespace(columns=true) -%}
    {%- for row in run_query('describe table ' ~ relation) -%}
        {%- if not row[0] or row[0].startswith('#') -%} {%- set reading.columns = false -%} {%- endif -%}
        {%- if reading.columns -%}
            {%- do columns.append({'name': row[0] | lower, 'type': row[1] | lower, 'description': row[2] or ''}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(columns) -%}
{% endmacro %}
