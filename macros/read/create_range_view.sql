{#-
    Make a view of what a decision says of a table: nothing, all of it as of a snapshot, or the rows appended in (from, to].

    Iceberg's incremental read takes the start exclusive and the end inclusive. A snapshot is always named by an option, never by
    `version as of`: Spark takes two versions of one table for the same scan then, and reuses or serves from its cache the wrong
    one (docs/decisions/0003-pin-by-option.md).
-#}
{% macro create_range_view(view, relation, decision) %}
    {%- if decision.kind == 'nothing' or not decision['to'] -%}
        {%- do run_statement('create or replace temporary view `' ~ view ~ '` as select * from ' ~ relation ~ ' where false') -%}
    {%- else -%}
        {%- set options = {'start-snapshot-id': decision['from'], 'end-snapshot-id': decision['to']} if decision.kind == 'range' else {'snapshot-id': decision['to']} -%}
        {%- set sql -%}
            create or replace temporary view `{{ view }}` using iceberg
            options (path 'lake.{{ relation.schema }}.{{ relation.identifier }}'{% for name, value in options.items() %}, `{{ name }}` '{{ value }}'{% endfor %})
        {%- endset -%}
        {%- do run_statement(sql) -%}
    {%- endif -%}
{% endmacro %}
