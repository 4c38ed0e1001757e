{#-
    The files of a source that the model's table does not hold yet: [{'path', 'modified_at', 'size', 'header', 'lines'}].

    A file is one version: path, modification time and size. What is new is decided from what the table itself holds, never from
    one timestamp, so a late, same-second or clock-skewed file is found, and a file overwritten in place is a new version. A
    source's `lookback_days` bounds both sides: older files are left alone, older partitions are not read.
    `header` and `lines` (not blank, header included) are known for csv; a file without rows is not new.
-#}
{% macro list_new_files(read, relation, pin) %}
    {%- set source = read.node -%}
    {%- do check_source(source) -%}
    {%- do run_statement("create or replace temporary view `" ~ read.view ~ "__listing` using binaryFile options ("
        ~ "path " ~ text_literal(source_path(source)) ~ ", recursiveFileLookup 'true')") -%}
    {%- set files = [] -%}
    {%- for row in run_query(_new_files_sql(read.view, relation, source.meta.get('lookback_days'))) -%}
        {%- do files.append({'path': row['path'], 'modified_at': row['modified_at'], 'size': row['size'] | int}) -%}
    {%- endfor -%}
    {%- if files and source.meta.get('format', 'csv') == 'csv' -%}
        {%- do return(read_headers(read, files, pin)) -%}
    {%- endif -%}
    {%- do return(files) -%}
{% endmacro %}


{% macro _new_files_sql(view, relation, lookback_days) %}
with

listed as (
    select
        path,
        modificationTime as modified_at,
        length as size
    from `{{ view }}__listing`
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
{%- if relation %} left anti join held using (path, modified_at, size) {%- endif %}
order by modified_at, path
{% endmacro %}
