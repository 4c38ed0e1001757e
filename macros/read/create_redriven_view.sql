{#-
    Make a view of the rows of a range that were once rejected, in a replay of nothing but those. The rest of the range has been
    consumed and would only be merged into what it already is.

    rejected: name of the model that keeps rejected rows; its key is where a row landed.
-#}
{% macro create_redriven_view(read, decision, rejected) %}
    {%- set node = node_named(rejected) -%}
    {%- do create_range_view(read.view ~ '__range', relation_of(read.node), decision) -%}
    {%- do run_statement('create or replace temporary view `' ~ read.view ~ '` as select landed.* from `' ~ read.view ~ '__range` as landed left semi join '
        ~ relation_of(node) ~ ' as rejected on ' ~ equal_columns('landed', 'rejected', config_list(node, 'unique_key'))) -%}
{% endmacro %}
