{#-
    The rows appended to an append-only input since this model's checkpoint: snapshots (checkpoint, head].

    since: another model instead; then the rows since *its* checkpoint on the same input. Use: from {{ new_rows(ref('bronze_orders')) }}
-#}
{% macro new_rows(relation, since=none) %}
    {%- do return(read_view('new', relation, since)) -%}
{% endmacro %}
