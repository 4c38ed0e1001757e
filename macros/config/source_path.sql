{#- The directory of a source: its `path` when declared, else <raw root>/<source table name>. -#}
{% macro source_path(source_node) -%}
    {%- set declared = source_node.meta.get('path') -%}
    {{- declared or raw_root() ~ '/' ~ source_node.name -}}
{%- endmacro %}
