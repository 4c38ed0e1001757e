{#- Where raw files land: MEDALLION_RAW (a directory or an s3:// prefix), else raw/ in the project's home. -#}
{% macro raw_root() -%}
    {%- set home = env_var('MEDALLION_HOME', invocation_args_dict.project_dir ~ '/.medallion') -%}
    {%- set root = env_var('MEDALLION_RAW', '') or home ~ '/raw' -%}
    {{- root.rstrip('/') -}}
{%- endmacro %}
