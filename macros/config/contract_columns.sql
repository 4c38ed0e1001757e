{#- The columns a model declares, in order: [{'name', 'type', 'description', 'meta'}]. Raises when one has no type. -#}
{% macro contract_columns(node) %}
    {%- set columns = [] -%}
    {%- for column in node.columns.values() -%}
        {%- if not column.data_type -%}
            {{ exceptions.raise_compiler_error(node.name ~ ": column " ~ column.name ~ " has no data_type; declare it in the model's yml (the yml is the table's schema)") }}
        {%- endif -%}
        {%- do columns.append({
            'name': column.name | lower,
            'type': column.data_type | lower | trim,
            'description': (column.description or '') | trim,
            'meta': column.config.meta if column.config is defined and column.config.meta else column.meta,
        }) -%}
    {%- endfor -%}
    {%- if not columns -%}
        {{ exceptions.raise_compiler_error(node.name ~ ": no columns declared; list them with data_type in the model's yml (the yml is the table's schema)") }}
    {%- endif -%}
    {%- do return(columns) -%}
{% endmacro %}
