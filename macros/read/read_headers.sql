{#-
    Read each new csv file's header and count its lines, in two passes over the text, each far cheaper than parsing it. (In one, Spark
    would sort all lines to keep the first: it aggregates only numbers by hash.)

    What cannot be read, is not text, or whose header names no declared column is set aside: taking it would lose its first line, or
    its letters. So is a file without rows. Both passes count the same lines, those not blank, or their positions would not agree.
-#}
{% macro read_headers(read, files, pin) %}
    {%- set table = file_table('lines', 'text', source_path(read.node), pin) -%}
    {%- set readable = read_safely(read, files, pin, table) -%}
    {%- set headers = {} -%}
    {%- for row in readable.rows -%}
        {%- do headers.update({row['path']: {'lines': row['lines'] | int, 'position': row['position'], 'undecodable': row['undecodable']}}) -%}
    {%- endfor -%}
    {%- for row in (run_query(_lines_at_sql(table, readable.files, headers.values(), read.node)) if headers else []) -%}
        {%- set file = headers.get(row['path'], {}) -%}
        {%- if file.get('position') == row['position'] -%} {%- do file.update({'header': row['value']}) -%} {%- endif -%}
    {%- endfor -%}
    {%- do drop_file_tables(pin) -%}
    {%- do return(_keep_readable(read, readable.files, headers, pin)) -%}
{% endmacro %}


{#- The files with their headers; the others are set aside, or left to the next run if they changed between the passes. -#}
{% macro _keep_readable(read, files, headers, pin) %}
    {%- set unseen = [] -%}
    {%- for file in files if 'header' not in headers.get(file.path, {}) -%} {%- do unseen.append(file) -%} {%- endfor -%}
    {%- set unchanged = drop_changed(read, unseen) -%}
    {%- set kept, bad = [], [] -%}
    {%- for file in files if file not in unseen or file in unchanged -%}
        {%- set found = dict({'lines': 0, 'header': '', 'undecodable': 0}, **headers.get(file.path, {})) -%}
        {%- set header = parse_header(found.header, read.node.columns | list, read.node.meta.get('delimiter')) -%}
        {%- set reason = judge_header(found.header, header, found.undecodable, read.node) if found.header else none -%}
        {%- if found.lines <= 1 and (header.matched or not found.header) -%}
            {%- do bad.append(empty_file(file)) -%}
        {%- elif reason -%} {%- do bad.append({'file': file, 'reason': reason}) -%}
        {%- else -%} {%- do kept.append(dict(file, header=header, lines=found.lines)) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do set_aside(bad, read, pin) -%}
    {%- do return(kept) -%}
{% endmacro %}


{% macro _lines_at_sql(table, files, firsts, source) %}
        select path, cast(position as string) as position, decode(cast(value as binary), {{ text_literal(source.meta.get('encoding', 'UTF-8')) }}) as value
        from (
            select {{ source_file(files) }} as path, {{ source_position() }} as position, value
            from {{ table }}
            where {{ is_pinned_file(files) }} and {{ has_text('value', source.meta.get('multiline')) }}
        )
        where position in ({{ firsts | map(attribute='position') | unique | join(', ') }})
        {%- if files | length == 1 %} limit 1 {%- endif %} {#- which need not be read to its end -#}
{% endmacro %}
