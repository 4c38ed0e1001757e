{#-
    Pure: the views a compiled model names, found among those it could name.

    dependencies: graph nodes. Returns [{'view', 'kind', 'node', 'since': node or none}]
-#}
{% macro plan_reads(model_name, sql, dependencies) %}
    {%- set reads = [] -%}
    {%- for node in dependencies -%}
        {%- set table = node.identifier if node.resource_type == 'source' else node.alias -%}
        {%- for kind in (['files'] if node.resource_type == 'source' else ['new', 'touched', 'pinned']) -%}
            {%- for since in [none] + (dependencies | rejectattr('resource_type', 'equalto', 'source') | list if kind == 'new' else []) -%}
                {%- set view = read_view_name(model_name, kind, node.schema, table, since.schema ~ '__' ~ since.alias if since else none) -%}
                {%- if '`' ~ view ~ '`' in sql -%}
                    {%- do reads.append({'view': view, 'kind': kind, 'node': node, 'since': since}) -%}
                {%- endif -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do return(reads) -%}
{% endmacro %}
