{#- The layer is the schema; MEDALLION_SCHEMA_PREFIX keeps lakes apart that share one catalog (dev_, ci_). -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{- env_var('MEDALLION_SCHEMA_PREFIX', '') -}}
    {{- (custom_schema_name or target.schema) | trim -}}
{%- endmacro %}
