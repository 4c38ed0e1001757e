{#-
    Set file versions aside, visibly: a row each in the quarantine table, and a warning. found: [{'file', 'reason'}].

    Without a table (dbt show) it only warns: that writes nothing. A file without rows is no reason to warn. One that is left to the next
    run (`is_left`) is no reason to remember it.
-#}
{% macro set_aside(found, read, pin) %}
    {%- set rows = [] -%}
    {%- for bad in found if bad.is_left -%} {%- do exceptions.warn(bad.file.path ~ ': left to the next run: ' ~ bad.reason) -%} {%- endfor -%}
    {%- for bad in found if not bad.is_left -%}
        {%- if not bad.is_empty -%} {%- do exceptions.warn(bad.file.path ~ ': set aside: ' ~ bad.reason) -%} {%- endif -%}
        {%- do rows.append('(' ~ text_literal(bad.file.path) ~ ", timestamp '" ~ bad.file.modified_at ~ "', " ~ bad.file.size ~ ', ' ~ text_literal(bad.reason[:500])
            ~ ", timestamp '" ~ pin.pinned_at ~ "', " ~ text_literal(invocation_id) ~ ', ' ~ text_literal(declaration_of(read.node)) ~ ')') -%}
    {%- endfor -%}
    {%- if rows and pin.quarantine -%} {%- do run_statement('insert into ' ~ pin.quarantine ~ ' values ' ~ rows | join(', ')) -%} {%- endif -%}
{% endmacro %}


{#- Pure: a file without rows, as it is set aside. -#}
{% macro empty_file(file) %}
    {%- do return({'file': file, 'reason': 'it has no rows; nothing is to be done', 'is_empty': true}) -%}
{% endmacro %}


{#- Pure: the files of a list without those that were found bad. -#}
{% macro without_files(files, found) %}
    {%- set bad = found | map(attribute='file') | map(attribute='path') | list -%}
    {%- do return(files | rejectattr('path', 'in', bad) | list) -%}
{% endmacro %}
