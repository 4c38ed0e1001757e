{#-
    Make a view of what a decision says of a table: nothing, all of it as of the pin, or the rows appended in (from, to].

    Iceberg's incremental read takes the start exclusive and the end inclusive.
-#}
{% macro create_range_view(view, relation, decision) %}
    {%- if decision.kind == 'range' -%}
        {%- do run_statement("create or replace temporary view `" ~ view ~ "` using iceberg options (path 'lake." ~ relation.schema ~ '.' ~ relation.identifier
            ~ "', `start-snapshot-id` '" ~ decision['from'] ~ "', `end-snapshot-id` '" ~ decision['to'] ~ "')") -%}
    {%- else -%}
        {%- do run_statement('create or replace temporary view `' ~ view ~ '` as select * from ' ~ as_of(relation, decision['to'])
            ~ (' where false' if decision.kind == 'nothing' else '')) -%}
    {%- endif -%}
{% endmacro %}


{#- A table as of a snapshot; a table without one is empty. -#}
{% macro as_of(relation, snapshot_id) -%}
    {{ relation }}{{ ' version as of ' ~ snapshot_id if snapshot_id }}
{%- endmacro %}
