{#-
    Make a table in Spark's session catalog over a source's directory, which is the only way in SQL to get `_metadata`, the origin
    of each row. It holds nothing but a definition, has a name of this attempt, and is dropped as soon as a view is made of it: a
    view keeps what it was made with. columns: 'name type' each. Returns its name, quoted.
-#}
{% macro file_table(name, format, path, pin, columns=none, options={}) %}
    {%- set table = 'spark_catalog.default.`' ~ model.name ~ '__' ~ name ~ '_' ~ pin.temporary | length ~ '_' ~ pin.attempt ~ '`' -%}
    {%- set all_options = dict({'recursiveFileLookup': 'true'}, **options) -%}
    {%- set ddl -%}
        create table {{ table }} {% if columns %}({{ columns | join(', ') }}){% endif %}
        using {{ format }}
        options (
            {%- for name, value in all_options.items() %}{{ text_literal(name) }} = {{ text_literal(value) }}{{ ', ' if not loop.last }}{% endfor -%}
        )
        location {{ text_literal(path) }}
    {%- endset -%}
    {%- do run_statement(ddl) -%}
    {%- do pin.temporary.append('drop table if exists ' ~ table) -%}
    {%- do return(table) -%}
{% endmacro %}


{#- Drop the definitions that file_table made: nothing is left behind in the session, not even by a run that is ended. -#}
{% macro drop_file_tables(pin) %}
    {%- for sql in pin.temporary[:] if sql.startswith('drop table ') -%}
        {%- do run_statement(sql) -%}
        {%- do pin.temporary.remove(sql) -%}
    {%- endfor -%}
{% endmacro %}


{#-
    The path of a row's file as a listing prints it; `_metadata` has it URL-encoded. It is asked per row, so where no path of the files read
    (none: any) has a letter that would be encoded, nothing is decoded.
-#}
{% macro source_file(files=none) -%}
    {%- set paths = files | map(attribute='path') | join if files else '%' -%}
    {%- if modules.re.match('[A-Za-z0-9_./:=-]*$', paths) -%} _metadata.file_path
    {%- else -%} if(instr(_metadata.file_path, '%') > 0, url_decode(replace(_metadata.file_path, '+', '%2B')), _metadata.file_path)
    {%- endif -%}
{%- endmacro %}


{#-
    A number that orders the rows of one file: the split's start, in MiB (splits are 4 MiB or more apart), then the row's place in
    the task that read it.
-#}
{% macro source_position() -%}
    (shiftleft(shiftright(_metadata.file_block_start, 20), 33) + (monotonically_increasing_id() & 8589934591))
{%- endmacro %}


{#-
    Only the pinned versions of the files; Spark prunes the files by it. Should a file have changed to another one's time and size,
    it is read as what it is now: each row carries the version it was read from.
-#}
{% macro is_pinned_file(files) -%}
    {{ source_file(files) }} in ({% for file in files %}{{ text_literal(file.path) }}{{ ', ' if not loop.last }}{% endfor %})
    and _metadata.file_modification_time in (
        {%- for time in files | map(attribute='modified_at') | unique %}timestamp '{{ time }}'{{ ', ' if not loop.last }}{% endfor -%}
    )
    and _metadata.file_size in ({{ files | map(attribute='size') | unique | join(', ') }})
{%- endmacro %}
