{#- Make the view of a source's new files: declared columns by name, what else a row had in `_rescued`, and where it came from. -#}
{% macro create_files_view(read, files, plan) %}
    {%- set format = read.node.meta.get('format', 'csv') -%}
    {%- set selects = read_csv(read, files, plan) if format == 'csv' else [read_json(read, files, plan)] if format == 'json' else [read_typed(read, files, format, plan)] -%}
    {%- set sql -%}
        create or replace temporary view `{{ read.view }}` as
        select
            *,
            timestamp {{ text_literal(plan.pinned_at) }} as _ingested_at,
            {{ text_literal(plan.attempt) }} as _batch_id
        from (
            {{ selects | join('\nunion all\n') }}
        )
    {%- endset -%}
    {%- do run_statement(sql) -%}
{% endmacro %}


{#- The columns that say where a row came from. -#}
{% macro origin_columns() -%}
    {{ source_file() }} as _source_file,
    _metadata.file_modification_time as _source_modified_at,
    _metadata.file_size as _source_size
{%- endmacro %}
