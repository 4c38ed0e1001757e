{#-
    Create the model's table from its contract and layout when there is none. Returns true when it did.

    `write_ordered_by` sorts each file by itself: the rows of a merge model come out of the deduplication sorted by key already,
    whereas ordering over all files would cost a second shuffle and a pass to sample it.
-#}
{% macro create_missing_table(relation, node) %}
    {%- if load_cached_relation(relation) is not none -%} {%- do return(false) -%} {%- endif -%}
    {%- do run_statement(create_table_sql(relation, node, contract_columns(node))) -%}
    {%- if config.get('write_ordered_by') -%}
        {%- do run_statement('alter table ' ~ relation ~ ' write locally ordered by ' ~ config.get('write_ordered_by')) -%}
    {%- endif -%}
    {%- do return(true) -%}
{% endmacro %}
