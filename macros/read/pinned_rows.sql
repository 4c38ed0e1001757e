{#- All rows of an input as of the pin; a change of it alone does not make the model run. Use: from {{ pinned_rows(ref('silver_orders_deleted')) }} -#}
{% macro pinned_rows(relation) %}
    {%- do return(read_view('pinned', relation)) -%}
{% endmacro %}
