{#-
    Read each new csv file's header and count its lines, in one pass over the text (five times cheaper than parsing it).

    A file without rows is dropped. One whose header names no declared column is left where it is, with a warning: taking it
    would lose its first line.
-#}
{% macro read_headers(read, files, pin) %}
    {%- set table = file_table('lines', 'text', source_path(read.node), pin) -%}
    {%- set sql -%}
        select
            path,
            min_by(value, position) as header,
            cast(count(*) as string) as lines
        from (
            select {{ source_file() }} as path, {{ source_position() }} as position, value
            from {{ table }}
            where {{ is_pinned_file(files) }}
        )
        where trim(value) <> ''
        group by path
    {%- endset -%}
    {%- set headers = {} -%}
    {%- for row in run_query(sql) -%} {%- do headers.update({row['path']: row}) -%} {%- endfor -%}
    {%- set readable = [] -%}
    {%- for file in files if file.path in headers and headers[file.path]['lines'] | int > 1 -%}
        {%- set header = parse_header(headers[file.path]['header'], read.node.columns | list, read.node.meta.get('delimiter')) -%}
        {%- if header.matched -%}
            {%- do readable.append(dict(file, header=header, lines=headers[file.path]['lines'] | int)) -%}
        {%- else -%}
            {%- do exceptions.warn(file.path ~ ': its first line names no column of source ' ~ read.node.name ~ '; the file was left alone. Give it a header, or move it away') -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(readable) -%}
{% endmacro %}
