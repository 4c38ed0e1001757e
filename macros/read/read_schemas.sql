{#-
    Find out the columns of each new parquet or avro file: its `columns`, {name in lower case: {'name', 'type'}}.

    Parquet files whose schemas agree are one group and share their columns; what does not agree is halved until it does. An avro file
    is a group of its own, since Spark would take the columns of any one for all. What cannot be read is set aside, by the rules of
    find_unreadable.
-#}
{% macro read_schemas(read, files, format, pin) %}
    {%- set kept, failed, errors, parts = [], [], [], [files] if format == 'parquet' else files | batch(1) | list | reverse | list -%}
    {%- for _ in range(2 * files | length) -%}
        {%- set part = parts.pop() if parts else [] -%}
        {%- set tried = _try_schema(read, part, format) if part else {} -%}
        {%- if tried.is_of_the_moment and not tried.may_be_one_file -%} {{ exceptions.raise_compiler_error(tried.error) }}
        {%- elif tried.error and part | length > 1 -%} {%- do parts.extend([part[part | length // 2:], part[:part | length // 2]]) -%}
        {%- elif tried.error and drop_changed(read, part) -%}
            {%- do errors.append(tried.error) -%}
            {%- do failed.append(judge_failure(part[0], tried, 'it cannot be read as ' ~ format ~ ' of this source (' ~ tried.cause ~ '). Mend it, or move it away')) -%}
            {%- if is_everywhere(failed, kept | length > 0) -%} {{ exceptions.raise_compiler_error(tried.error) }} {%- endif -%}
        {%- elif not tried.error -%}
            {%- for file in part -%} {%- do kept.append(dict(file, columns=tried.columns)) -%} {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set bad = blame_files(failed, kept | length > 0) -%}
    {%- if failed and not bad -%} {{ exceptions.raise_compiler_error(errors[-1]) }} {%- endif -%}
    {%- set cut = find_cut_avro(read, kept) if format == 'avro' else [] -%}
    {%- do set_aside(bad + cut, read, pin) -%}
    {%- do return(without_files(kept, cut)) -%}
{% endmacro %}


{#- The columns that some files have in common, or why there are none: {'columns'} and what try_query says. -#}
{% macro _try_schema(read, files, format) %}
    {%- set view = '`' ~ read.view ~ '__schema`' -%}
    {%- set created = adapter.try_query('create or replace temporary view ' ~ view ~ ' using ' ~ format ~ " options (mergeSchema 'true', recursiveFileLookup 'true', path "
        ~ text_literal(any_of_paths(files)) ~ ')', fetch=false) -%}
    {%- set tried = adapter.try_query('describe table ' ~ view) if not created.error else created -%}
    {%- set columns = {} -%}
    {%- for row in tried.rows or [] if row[0] and not row[0].startswith('#') -%} {%- do columns.update({row[0] | lower: {'name': row[0], 'type': row[1] | lower}}) -%} {%- endfor -%}
    {%- set casts = [] -%}
    {%- for column in read.node.columns.values() if is_retyped(column, columns) -%}
        {%- set found = columns[column.name | lower].type -%}
        {%- do casts.append('cast(cast(null as ' ~ found ~ ') as ' ~ column.data_type ~ '), cast(cast(null as ' ~ column.data_type ~ ') as ' ~ found ~ ')') -%}
    {%- endfor -%}
    {%- set checked = adapter.try_query('describe query select ' ~ casts | join(', ')) if casts else tried -%}
    {%- do return(dict(checked, columns=columns)) -%}
{% endmacro %}


{#- Pure: whether a declared column has another type in the files. -#}
{% macro is_retyped(column, columns) %}
    {%- set found = columns.get(column.name | lower) -%}
    {%- do return(found is not none and found.type != (column.data_type or 'string') | lower | trim) -%}
{% endmacro %}


{#- Pure: a path pattern that finds the files. A character that means something in patterns is matched by any one; what that finds too many, is_pinned_file leaves out. -#}
{% macro any_of_paths(files) -%}
    {%- set paths = [] -%}
    {%- set root = modules.re.match('\\w+:(//[^/]*)?/', files[0].path).group() -%}
    {%- for file in files -%} {%- do paths.append(modules.re.sub('[\\\\{}\\[\\]*?,:^]', '?', file.path[root | length:])) -%} {%- endfor -%}
    {{- root ~ (paths[0] if paths | length == 1 else '{' ~ paths | join(',') ~ '}') -}}
{%- endmacro %}
