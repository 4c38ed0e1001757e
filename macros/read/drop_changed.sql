{#-
    The files that still are the version that was listed. The others changed or went away meanwhile: they are left out of this
    run, with a warning, and are new to the next one. So no version is ever read half.
-#}
{% macro drop_changed(read, files) %}
    {%- set pinned = [] -%}
    {%- for file in files -%} {%- do pinned.append('(' ~ text_literal(file.path) ~ ", timestamp '" ~ file.modified_at ~ "', " ~ 'cast(' ~ file.size ~ ' as bigint))') -%} {%- endfor -%}
    {%- if not pinned -%} {%- do return(files) -%} {%- endif -%}
    {%- do create_listing(read) -%}
    {%- set gone = run_query('select path from values ' ~ pinned | join(', ') ~ ' as pinned (path, modified_at, size) left anti join (select path, '
        ~ 'modificationTime as modified_at, length as size from `' ~ read.view ~ '__listing`) using (path, modified_at, size)') | map(attribute='path') | list -%}
    {%- for path in gone -%}
        {%- do exceptions.warn(path ~ ': it changed or went away while it was read; it is left to the next run. Land files by renaming them into place') -%}
    {%- endfor -%}
    {%- do return(files | rejectattr('path', 'in', gone) | list) -%}
{% endmacro %}


{#- A view that lists a source's files. It is made anew each time: it keeps the listing that it was made with. -#}
{% macro create_listing(read) %}
    {%- do run_statement("create or replace temporary view `" ~ read.view ~ "__listing` using binaryFile options ("
        ~ "path " ~ text_literal(source_path(read.node)) ~ ", recursiveFileLookup 'true')") -%}
{% endmacro %}
