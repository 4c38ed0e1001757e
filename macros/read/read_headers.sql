{#-
    Read each new csv file's header and count its lines, in two passes over the text, each far cheaper than parsing it. (In one, Spark
    would sort all lines to keep the first: it aggregates only numbers by hash.)

    A file without rows is dropped. One whose header names no declared column is left where it is, with a warning: taking it
    would lose its first line. Both passes count the same lines, those that are not blank, or their positions would not agree.
-#}
{% macro read_headers(read, files, pin) %}
    {%- set table = file_table('lines', 'text', source_path(read.node), pin) -%}
    {%- set headers = {} -%}
    {%- for row in run_query(_first_lines_sql(table, files)) -%}
        {%- do headers.update({row['path']: {'lines': row['lines'], 'position': row['position']}}) -%}
    {%- endfor -%}
    {%- for row in (run_query(_lines_at_sql(table, files, headers.values())) if headers else []) -%}
        {%- set file = headers.get(row['path'], {}) -%}
        {%- if file.get('position') == row['position'] -%} {%- do file.update({'header': row['value']}) -%} {%- endif -%}
    {%- endfor -%}
    {%- set readable = [] -%}
    {%- for file in files if (headers.get(file.path) or {}).get('lines', 0) | int > 1 -%}
        {%- if 'header' not in headers[file.path] -%}
            {{ exceptions.raise_compiler_error(file.path ~ ': its first line was counted but not found, so it changed while it was read; run again') }}
        {%- endif -%}
        {%- set header = parse_header(headers[file.path]['header'], read.node.columns | list, read.node.meta.get('delimiter')) -%}
        {%- if header.matched -%}
            {%- do readable.append(dict(file, header=header, lines=headers[file.path]['lines'] | int)) -%}
        {%- else -%}
            {%- do exceptions.warn(file.path ~ ': its first line names no column of source ' ~ read.node.name ~ '; the file was left alone. Give it a header, or move it away') -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(readable) -%}
{% endmacro %}


{% macro _first_lines_sql(table, files) %}
        select path, cast(min(position) as string) as position, cast(count(*) as string) as lines
        from (
            select {{ source_file() }} as path, {{ source_position() }} as position
            from {{ table }}
            where {{ is_pinned_file(files) }} and trim(value) <> ''
        )
        group by path
{% endmacro %}


{% macro _lines_at_sql(table, files, firsts) %}
        select path, cast(position as string) as position, value
        from (
            select {{ source_file() }} as path, {{ source_position() }} as position, value
            from {{ table }}
            where {{ is_pinned_file(files) }} and trim(value) <> ''
        )
        where position in ({{ firsts | map(attribute='position') | unique | join(', ') }})
{% endmacro %}
