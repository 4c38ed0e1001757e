{#-
    The files of a read that have no rows, after they were staged: [{'file', 'reason', 'is_empty'}]. Nothing in the table would ever say
    that they were read, so they would be new to every run. (The rows of csv were counted before.)

    That nothing was staged of a file is not believed alone: it is read once more by its path, without anything that could leave out its rows.
-#}
{% macro find_empty(read, files, relation, staged, plan) %}
    {%- set format = read.node.meta.get('format', 'csv') -%}
    {%- set suspects = [] if format == 'csv' else files if not staged.rows else [] if files | length < 2 and plan.files | length == 1
        else _unstaged_files(files, relation, staged, plan) -%}
    {%- set found = [] -%}
    {%- if suspects and _count_rows(read, suspects, format) == 0 -%}
        {%- for file in suspects -%} {%- do found.append(empty_file(file)) -%} {%- endfor -%}
    {%- endif -%}
    {%- do return(found) -%}
{% endmacro %}


{#- The files of which the staged rows hold none. -#}
{% macro _unstaged_files(files, relation, staged, plan) %}
    {%- set view = model.name ~ '__landed' -%}
    {%- set is_append = staged.write == 'append' and plan.parent -%}
    {%- do create_range_view(view, relation, {'kind': 'range' if is_append else 'all', 'from': plan.parent, 'to': staged.id}) -%}
    {%- set paths = [] -%}
    {%- for row in run_query('select distinct _source_file as path from `' ~ view ~ '`') -%} {%- do paths.append(row['path']) -%} {%- endfor -%}
    {%- do return(files | rejectattr('path', 'in', paths) | list) -%}
{% endmacro %}


{#- How many rows some files have together, or none when that cannot be told; lines that are blank are no rows. -#}
{% macro _count_rows(read, files, format) %}
    {%- set view = '`' ~ read.view ~ '__rows`' -%}
    {%- set error = adapter.try_execute('create or replace temporary view ' ~ view ~ ' using ' ~ ('text' if format == 'json' else format) ~ " options (recursiveFileLookup 'true', path "
        ~ text_literal(any_of_paths(files)) ~ ')') -%}
    {%- set counted = adapter.try_query('select cast(count(*) as string) as n from ' ~ view ~ (' where ' ~ has_text('value') if format == 'json' else '')) -%}
    {%- do return(none if error or counted.error else counted.rows[0]['n'] | int) -%}
{% endmacro %}
