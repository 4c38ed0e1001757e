{#- Make the view of a source's new files: declared columns by name, what else a row had in `_rescued`, and where it came from. -#}
{% macro create_files_view(read, files, plan) %}
    {%- set format = read.node.meta.get('format', 'csv') -%}
    {%- set selects = [] if not files else read_csv(read, files, plan) if format == 'csv' else [read_json(read, files, plan)] if format == 'json' else read_typed(read, files, format, plan) -%}
    {%- set sql -%}
        create or replace temporary view `{{ read.view }}` as
        select
            *,
            timestamp {{ text_literal(plan.pinned_at) }} as _ingested_at,
            {{ text_literal(plan.attempt) }} as _batch_id
        from (
            {{ selects | join('\nunion all\n') if files else _no_rows(read.node) }}
        )
    {%- endset -%}
    {%- do run_statement(sql) -%}
    {%- do drop_file_tables(plan) -%}
{% endmacro %}


{#- The columns of a source's view without any row. -#}
{% macro _no_rows(source) -%}
    select
        {%- for column in source.columns.values() %}
        cast(null as {{ column.data_type or 'string' }}) as {{ adapter.quote(column.name) }},
        {%- endfor %}
        cast(null as string) as _rescued,
        cast(null as string) as _source_file,
        cast(null as timestamp) as _source_modified_at,
        cast(null as bigint) as _source_size,
        cast(null as bigint) as _source_position
    where false
{%- endmacro %}


{#- The columns that say where a row came from. -#}
{% macro origin_columns(files) -%}
    {{ source_file(files) }} as _source_file,
    _metadata.file_modification_time as _source_modified_at,
    _metadata.file_size as _source_size
{%- endmacro %}
