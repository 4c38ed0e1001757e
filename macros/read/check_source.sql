{#- Refuse a source that is declared in a way nothing can read. -#}
{% macro check_source(source) %}
    {%- set name = source.source_name ~ '.' ~ source.name -%}
    {%- set format = source.meta.get('format', 'csv') -%}
    {%- if format not in source_formats() -%}
        {{ exceptions.raise_compiler_error('source ' ~ name ~ ": unknown format '" ~ format ~ "'; use one of " ~ source_formats() | join(', ')) }}
    {%- elif source.meta.get('encoding', '') | upper | replace('-', '') | truncate(5, true, '') in ['UTF16', 'UTF32'] -%}
        {{ exceptions.raise_compiler_error('source ' ~ name ~ ': files in ' ~ source.meta.encoding ~ ' cannot be split into lines; convert them to UTF-8') }}
    {%- elif not source.columns -%}
        {{ exceptions.raise_compiler_error('source ' ~ name ~ ' declares no columns; list the columns its files have') }}
    {%- endif -%}
{% endmacro %}


{#- The formats that files may land in. -#}
{% macro source_formats() %}
    {%- do return(['csv', 'json', 'parquet', 'avro']) -%}
{% endmacro %}
