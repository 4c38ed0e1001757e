{#-
    The files that cannot be read even alone, with why: [{'file', 'reason', 'is_left'}], after reading `files` together failed.

    Spark rarely names the file (a torn gzip, for one), so they are read again in halves. An error of the network or of a service blames
    nobody: then the list is empty and the caller raises, as it does when each file alone can be read. So does an error that may be one
    file's (its permissions, memory), unless others can be read. `table`: the text table of the header pass; without it the rows themselves are read.
-#}
{% macro find_unreadable(read, files, pin, table=none) %}
    {%- set failed, parts, state = [], [files], {'is_any_read': false} -%}
    {%- for _ in range(2 * files | length) -%}
        {%- set part = parts.pop() if parts else [] -%}
        {%- set tried = _probe(read, part, pin, table) if part else {} -%}
        {%- if tried.is_of_the_moment and not tried.may_be_one_file -%} {%- do return([]) -%}
        {%- elif tried.error and part | length > 1 -%}
            {%- set half = part | length // 2 -%}
            {%- do parts.extend([part[half:], part[:half]]) -%}
        {%- elif tried.error -%} {%- do failed.append(judge_failure(part[0], tried, 'it cannot be read: ' ~ tried.cause ~ '. Mend it and land it again, or move it away')) -%}
        {%- elif part -%} {%- do state.update({'is_any_read': true}) -%}
        {%- endif -%}
        {%- if is_everywhere(failed, state.is_any_read) -%} {%- do return([]) -%} {%- endif -%}
    {%- endfor -%}
    {%- do return(blame_files(failed, state.is_any_read)) -%}
{% endmacro %}


{#- Read some files and keep nothing: their lines, or every column of their rows. -#}
{% macro _probe(read, files, pin, table) %}
    {%- if table -%} {%- do return(adapter.try_query(first_lines_sql(table, files, read.node))) -%} {%- endif -%}
    {%- set probe = dict(read, view=read.view ~ '__probe') -%}
    {%- do create_files_view(probe, files, pin) -%}
    {%- do return(adapter.try_query('select max(octet_length(to_json(struct(*)))) from `' ~ probe.view ~ '`')) -%}
{% endmacro %}
