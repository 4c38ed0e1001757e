{#- Create the model's table from its contract and layout when there is none. Returns true when it did. -#}
{% macro create_missing_table(relation, node) %}
    {%- if load_cached_relation(relation) is not none -%} {%- do return(false) -%} {%- endif -%}
    {%- do run_statement(create_table_sql(relation, node, contract_columns(node))) -%}
    {%- do return(true) -%}
{% endmacro %}
