{#-
    The files of a source that the model's table does not hold yet: [{'path', 'modified_at', 'size'}], for csv with `header` and `lines`
    (not blank, header included), for parquet and avro with their `columns`.

    A file is one version: path, modification time and size. What is new is decided from what the table itself holds, never from
    one timestamp, so a late, same-second or clock-skewed file is found, and a file overwritten in place is a new version. A version in
    quarantine is not new. A bucket's path is the same under s3:// and s3a://.

    A source's `lookback_days` bounds both sides by the modification time, which they are compared by: older files are left alone, and
    older rows need not be read. (The time of ingestion, by which the table is partitioned, would not do: a file dated in the future was
    ingested before its time. Iceberg skips the data files by their bounds instead.)
-#}
{% macro list_new_files(read, relation, pin) %}
    {%- set source = read.node -%}
    {%- do check_source(source) -%}
    {%- do pin.update({'quarantine': quarantine_table(relation) if relation else none}) -%}
    {%- do create_listing(read) -%}
    {%- set files = [] -%}
    {%- for row in run_query(_new_files_sql(read, relation, pin.quarantine)) | sort(attribute='modified_at,path') -%}
        {%- do files.append({'path': row['path'], 'modified_at': row['modified_at'], 'size': row['size'] | int}) -%}
    {%- endfor -%}
    {%- set format = source.meta.get('format', 'csv') -%}
    {%- do return(files if not files or format == 'json' else read_headers(read, files, pin) if format == 'csv' else read_schemas(read, files, format, pin)) -%}
{% endmacro %}


{% macro _new_files_sql(read, relation, quarantine) %}
{%- set lookback_days = read.node.meta.get('lookback_days') %}
{%- set oldest = 'current_timestamp() - interval ' ~ lookback_days | int ~ ' days' if lookback_days else none %}
with

listed as (
    select
        path,
        {{ place_of('path') }} as place,
        modificationTime as modified_at,
        length as size
    from `{{ read.view }}__listing`
    where length > 0 {%- if oldest %} and modificationTime >= {{ oldest }} {%- endif %}
)

{%- if relation %},

known as (
    select {{ place_of('path') }} as place, modified_at, size
    from (
        select distinct
            _source_file as path,
            _source_modified_at as modified_at,
            _source_size as size
        from {{ relation }}
        {%- if oldest %} where _source_modified_at >= {{ oldest }} {%- endif %}
        union all
        select path, modified_at, size
        from {{ quarantine }}
        where declaration = {{ text_literal(declaration_of(read.node)) }}
    )
)
{%- endif %}

select
    path,
    cast(modified_at as string) as modified_at,
    cast(size as string) as size
from listed
{%- if relation %}
left anti join known using (place, modified_at, size)
{%- endif %}
{% endmacro %}


{#- Pure: where a file is, whichever of Hadoop's names of the file system its path was listed by. -#}
{% macro place_of(path) -%}
    regexp_replace({{ path }}, '^s3[an]://', 's3://')
{%- endmacro %}
