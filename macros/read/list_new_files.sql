{#-
    The files of a source that the model's table does not hold yet: [{'path', 'modified_at', 'size'}], for csv with `header` and `lines`
    (not blank, header included), for parquet and avro with their `columns`.

    A file is one version: path, modification time and size. What is new is decided from what the table itself holds, never from
    one timestamp, so a late, same-second or clock-skewed file is found, and a file overwritten in place is a new version. A
    source's `lookback_days` bounds both sides: older files are left alone, older partitions are not read. A version in quarantine is not new.
-#}
{% macro list_new_files(read, relation, pin) %}
    {%- set source = read.node -%}
    {%- do check_source(source) -%}
    {%- do pin.update({'quarantine': quarantine_table(relation) if relation else none}) -%}
    {%- do create_listing(read) -%}
    {%- set files = [] -%}
    {%- for row in run_query(_new_files_sql(read, relation, pin.quarantine)) -%}
        {%- do files.append({'path': row['path'], 'modified_at': row['modified_at'], 'size': row['size'] | int}) -%}
    {%- endfor -%}
    {%- set format = source.meta.get('format', 'csv') -%}
    {%- do return(files if not files or format == 'json' else read_headers(read, files, pin) if format == 'csv' else read_schemas(read, files, format, pin)) -%}
{% endmacro %}


{% macro _new_files_sql(read, relation, quarantine) %}
{%- set lookback_days = read.node.meta.get('lookback_days') %}
with

listed as (
    select
        path,
        modificationTime as modified_at,
        length as size
    from `{{ read.view }}__listing`
    where length > 0
        {%- if lookback_days %} and modificationTime >= current_timestamp() - interval {{ lookback_days | int }} days {%- endif %}
)

{%- if relation %},

held as (
    select distinct
        _source_file as path,
        _source_modified_at as modified_at,
        _source_size as size
    from {{ relation }}
    {%- if lookback_days %} where _ingested_at >= current_timestamp() - interval {{ lookback_days | int + 1 }} days {%- endif %}
)
{%- endif %}

select
    path,
    cast(modified_at as string) as modified_at,
    cast(size as string) as size
from listed
{%- if relation %}
left anti join held using (path, modified_at, size)
left anti join (select * from {{ quarantine }} where declaration = {{ text_literal(declaration_of(read.node)) }}) using (path, modified_at, size)
{%- endif %}
order by modified_at, path
{% endmacro %}
