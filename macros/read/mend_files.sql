{#-
    What to read after a read of `files` failed: those that did not change meanwhile and that can be read. What cannot is set aside.

    When it leaves none out the files are innocent: whoever tries again in a loop must raise the error then.
-#}
{% macro mend_files(read, files, pin, table=none) %}
    {%- set unchanged = drop_changed(read, files) -%}
    {%- if unchanged | length < files | length -%} {%- do return(unchanged) -%} {%- endif -%}
    {%- set bad = find_unreadable(read, files, pin, table) -%}
    {%- do set_aside(bad, read, pin) -%}
    {%- do return(without_files(files, bad)) -%}
{% endmacro %}


{#- Ask the header pass's question of as many of the files as can be read: {'files', 'rows'}. -#}
{% macro read_safely(read, files, pin, table) %}
    {%- set state = {'files': files, 'rows': none} -%}
    {%- for _ in range(files | length + 1) if state.rows is none -%}
        {%- set tried = adapter.try_query(first_lines_sql(table, state.files, read.node)) if state.files else {'rows': [], 'error': none} -%}
        {%- if not tried.error -%} {%- do state.update({'rows': tried.rows}) -%}
        {%- else -%}
            {%- set left = mend_files(read, state.files, pin, table) -%}
            {%- if left | length == state.files | length -%} {{ exceptions.raise_compiler_error(tried.error) }} {%- endif -%}
            {%- do state.update({'files': left}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(state) -%}
{% endmacro %}
