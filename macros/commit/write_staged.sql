{#-
    Run one write as a staged snapshot, which carries a checkpoint's document and which no reader sees. Whatever the write does, the
    session's setting does not outlive it.

    parent: the head that the write was planned from. batch, plan: what write_readable needs to leave out unreadable files.
    Returns {'id', 'parent', 'added': rows}, or {'lost': why} when another commit came between: what was planned from the old state
    must not land on the new one.
-#}
{% macro write_staged(name, relation, document, parent, sql, batch={'is_cached': true}, plan={}) %}
    {%- do check_session(name, relation) -%}
    {%- do fail_point('before_stage') -%}
    {%- do run_statement('set spark.wap.id = ' ~ document) -%}
    {%- set error = write_readable(sql, batch, plan) -%}
    {%- set left = adapter.try_execute('reset spark.wap.id') -%}
    {%- do fail_point('after_stage') -%}
    {%- if error and is_lost_commit(error) -%} {%- do return({'lost': error}) -%} {%- endif -%}
    {%- if error or left -%} {{ exceptions.raise_compiler_error(error or left) }} {%- endif -%}
    {%- set found = run_query("select cast(snapshot_id as string) as id, cast(parent_id as string) as parent, summary['added-records'] as added "
        ~ 'from ' ~ relation ~ ".snapshots where summary['wap.id'] = " ~ text_literal(document)) -%}
    {%- if found | length != 1 -%}
        {{ exceptions.raise_compiler_error(name ~ ': the staged snapshot of ' ~ relation ~ ' was not found among its snapshots. Look at them (select * from ' ~ relation ~ '.snapshots) before you run it again') }}
    {%- elif found[0]['parent'] != parent -%}
        {%- do return({'lost': 'the staged snapshot ' ~ found[0]['id'] ~ ' follows ' ~ found[0]['parent'] ~ ', not ' ~ parent}) -%}
    {%- endif -%}
    {%- do return({'id': found[0]['id'], 'parent': parent, 'added': found[0]['added'] | int(0)}) -%}
{% endmacro %}
