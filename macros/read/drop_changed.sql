{#-
    The files that still are the version that was listed. The others changed or went away meanwhile: they are left out of this
    run, with a warning, and are new to the next one. So no version is ever read half.
-#}
{% macro drop_changed(read, files) %}
    {%- if not files -%} {%- do return(files) -%} {%- endif -%}
    {%- do create_listing(read) -%}
    {%- set there = {} -%}
    {%- for row in run_query(_versions_sql(read, files)) -%} {%- do there.update({row['path']: [row['modified_at'], row['size'] | int]}) -%} {%- endfor -%}
    {%- set kept = [] -%}
    {%- for file in files -%}
        {%- if there.get(file.path) == [file.modified_at, file.size] -%} {%- do kept.append(file) -%}
        {%- else -%} {%- do exceptions.warn(file.path ~ ': it changed or went away while it was read; it is left to the next run. Land files by renaming them into place') -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(kept) -%}
{% endmacro %}


{% macro _versions_sql(read, files) %}
    {%- set paths = [] -%}
    {%- for file in files -%} {%- do paths.append(text_literal(file.path)) -%} {%- endfor -%}
    select path, cast(modificationTime as string) as modified_at, cast(length as string) as size
    from `{{ read.view }}__listing`
    where path in ({{ paths | join(', ') }})
{% endmacro %}


{#- A view that lists a source's files. It is made anew each time: it keeps the listing that it was made with. -#}
{% macro create_listing(read) %}
    {%- do run_statement("create or replace temporary view `" ~ read.view ~ "__listing` using binaryFile options ("
        ~ "path " ~ text_literal(source_path(read.node)) ~ ", recursiveFileLookup 'true')") -%}
{% endmacro %}
