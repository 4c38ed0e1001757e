{#-
    Make a staged snapshot the table's state: a branch at it, then fast-forward `main` to the branch, which fails if `main` is
    anything but the staged snapshot's parent. A compare-and-swap; cherry-picking would not be one. Looking at `main` first is only
    for a clear message, and no branch left behind, in all but the closest of races.
-#}
{% macro publish_snapshot(relation, staged, parent) %}
    {%- set main = run_query("select cast(snapshot_id as string) as id from " ~ relation ~ ".refs where name = 'main'") -%}
    {%- if (main[0]['id'] if main | length else none) != parent -%} {{ exceptions.raise_compiler_error(lost_race(relation)) }} {%- endif -%}
    {%- set branch = 'publish_' ~ staged.attempt -%}
    {%- do run_statement('alter table ' ~ relation ~ ' create branch `' ~ branch ~ '` as of version ' ~ staged.id) -%}
    {%- do run_statement("call lake.system.fast_forward('" ~ relation.schema ~ '.' ~ relation.identifier ~ "', 'main', '" ~ branch ~ "')") -%}
    {%- do run_statement('alter table ' ~ relation ~ ' drop branch `' ~ branch ~ '`') -%}
{% endmacro %}
