{#-
    All current rows of every group in which a row of a keyed input changed since this model's checkpoint, including the group
    that a row left. A group is the model's `recompute_by` columns, else its `unique_key`. A plain aggregate over these rows is an
    incremental model: groups that became empty are removed by the commit. Use: from {{ touched_rows(ref('silver_orders')) }}
-#}
{% macro touched_rows(relation) %}
    {%- do return(read_view('touched', relation)) -%}
{% endmacro %}
