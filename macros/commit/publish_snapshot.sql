{#-
    Make a staged snapshot the table's state: a branch at it, then fast-forward `main` to the branch, which fails if `main` is
    anything but the staged snapshot's parent. A compare-and-swap; cherry-picking would not be one.
-#}
{% macro publish_snapshot(relation, staged) %}
    {%- set branch = 'publish_' ~ staged.attempt -%}
    {%- do run_statement('alter table ' ~ relation ~ ' create branch `' ~ branch ~ '` as of version ' ~ staged.id) -%}
    {%- do run_statement("call lake.system.fast_forward('" ~ relation.schema ~ '.' ~ relation.identifier ~ "', 'main', '" ~ branch ~ "')") -%}
    {%- do run_statement('alter table ' ~ relation ~ ' drop branch `' ~ branch ~ '`') -%}
{% endmacro %}
