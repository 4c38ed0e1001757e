{#-
    Make a staged snapshot the table's state: a branch at it, then fast-forward `main` to the branch, which fails if `main` is
    anything but the staged snapshot's parent. A compare-and-swap; cherry-picking would not be one. Looking at `main` first only
    spares a branch in all but the closest of races.

    Returns none when it is published, else why it is known not to be. Raises when that is not known.
-#}
{% macro publish_snapshot(relation, staged, parent) %}
    {%- if _find_main(relation).id != parent -%} {%- do return('main moved before it was published') -%} {%- endif -%}
    {%- set branch = 'publish_' ~ staged.attempt -%}
    {%- set error = adapter.try_execute('alter table ' ~ relation ~ ' create branch `' ~ branch ~ '` as of version ' ~ staged.id) -%}
    {%- do fail_point('after_branch') -%}
    {%- set error = error or adapter.try_execute("call lake.system.fast_forward('" ~ relation.schema ~ '.' ~ relation.identifier ~ "', 'main', '" ~ branch ~ "')") -%}
    {%- do fail_point('after_fast_forward') -%}
    {%- set outcome = judge_publish(error, _find_main(relation) if error else none, staged.id, parent) -%}
    {%- if outcome == 'unknown' -%}
        {{ exceptions.raise_compiler_error('whether snapshot ' ~ staged.id ~ ' of ' ~ relation ~ ' was published is not known: ' ~ error
            ~ '. Nothing is lost. Mend that, then run the same command again: it goes on from what was published') }}
    {%- endif -%}
    {%- do _drop_branch(relation, branch) -%}
    {%- do return(error if outcome == 'lost' else none) -%}
{% endmacro %}


{#- Where `main` is now: {'id': snapshot or none}, or {'error'} when it cannot be seen. -#}
{% macro _find_main(relation) %}
    {%- set found = adapter.try_query("select cast(snapshot_id as string) as id from " ~ relation ~ ".refs where name = 'main'") -%}
    {%- do return({'error': found.error, 'id': found.rows[0]['id'] if found.rows and found.rows | length else none}) -%}
{% endmacro %}


{#- Drop the branch, which another commit may get in the way of. The run counts whether or not that works. -#}
{% macro _drop_branch(relation, branch) %}
    {%- set drop = 'alter table ' ~ relation ~ ' drop branch if exists `' ~ branch ~ '`' -%}
    {%- set error = adapter.try_execute(drop) and adapter.try_execute(drop) -%}
    {%- if error -%} {%- do exceptions.warn(relation ~ ': a branch was left behind, which keeps its snapshot from expiry: ' ~ error ~ '. Run: ' ~ drop) -%} {%- endif -%}
{% endmacro %}
