{#- Table name = model name without its layer: silver_orders -> silver.orders. The one place that says so. -#}
{% macro generate_alias_name(custom_alias_name=none, node=none) -%}
    {%- set layer = node.config.schema ~ '_' -%}
    {%- if custom_alias_name -%} {{- custom_alias_name | trim -}}
    {%- elif node.name.startswith(layer) -%} {{- node.name[layer | length:] -}}
    {%- else -%} {{- node.name -}}
    {%- endif -%}
{%- endmacro %}
