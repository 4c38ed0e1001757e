{#-
    Write the batch as a staged snapshot, which carries the checkpoint and which no reader sees.

    Returns {'id', 'sql', 'write', 'rows': added, 'message'}, or {'lost': why} when another commit came between the pin and the write:
    what was planned from the old state must not land on the new one. A merge of nothing is written as an append of nothing, which
    only moves the checkpoint. Whatever the write does, the session's setting does not outlive it.
-#}
{% macro stage_batch(batch, relation, plan) %}
    {%- set document = checkpoint_document(model.name, plan.code, plan.attempt, plan.mode, plan.inputs, plan.kept) -%}
    {%- set write = 'append' if batch.rows == 0 else plan.write -%}
    {%- set sql = write_sql(write, relation, batch, column_list('unique_key'), column_list('order_by')) -%}
    {%- do check_session(model.name, relation) -%}
    {%- do fail_point('before_stage') -%}
    {%- do run_statement('set spark.wap.id = ' ~ document) -%}
    {%- set error = write_readable(sql, batch, plan) -%}
    {%- set left = adapter.try_execute('reset spark.wap.id') -%}
    {%- do fail_point('after_stage') -%}
    {%- if error and is_lost_commit(error) -%} {%- do return({'lost': error}) -%} {%- endif -%}
    {%- if error or left -%} {{ exceptions.raise_compiler_error(error or left) }} {%- endif -%}
    {%- set found = run_query("select cast(snapshot_id as string) as id, cast(parent_id as string) as parent, summary['added-records'] as added, "
        ~ "summary['deleted-records'] as removed, summary['added-position-deletes'] as removed_positions "
        ~ 'from ' ~ relation ~ ".snapshots where summary['wap.id'] = " ~ text_literal(document)) -%}
    {%- if found | length != 1 -%}
        {{ exceptions.raise_compiler_error(model.name ~ ': the staged snapshot of ' ~ relation ~ ' was not found among its snapshots. Look at them (select * from ' ~ relation ~ '.snapshots) before you run it again') }}
    {%- elif found[0]['parent'] != plan.parent -%}
        {%- do return({'lost': 'the staged snapshot ' ~ found[0]['id'] ~ ' follows ' ~ found[0]['parent'] ~ ', not ' ~ plan.parent}) -%}
    {%- endif -%}
    {%- set rows = found[0]['added'] | int(0) -%}
    {%- do return({'id': found[0]['id'], 'sql': sql, 'write': write, 'rows': rows, 'attempt': plan.attempt,
        'message': write ~ ' ' ~ rows ~ ' rows as snapshot ' ~ found[0]['id']}) -%}
{% endmacro %}
