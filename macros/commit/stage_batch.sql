{#-
    Write the batch as a staged snapshot, which carries the checkpoint. A merge of nothing is written as an append of nothing, which
    only moves the checkpoint.

    Returns {'id', 'sql', 'write', 'rows': added, 'attempt', 'message'}, or {'lost': why} when another commit came between the pin and the write.
-#}
{% macro stage_batch(batch, relation, plan) %}
    {%- set document = checkpoint_document(model.name, plan.code, plan.attempt, plan.mode, plan.inputs, plan.kept) -%}
    {%- set write = 'append' if batch.rows == 0 else plan.write -%}
    {%- set sql = write_sql(write, relation, batch, column_list('unique_key'), column_list('order_by')) -%}
    {%- set staged = write_staged(model.name, relation, document, plan.parent, sql, batch, plan) -%}
    {%- if staged.lost -%} {%- do return(staged) -%} {%- endif -%}
    {%- do return({'id': staged.id, 'sql': sql, 'write': write, 'rows': staged.added, 'attempt': plan.attempt,
        'message': write ~ ' ' ~ staged.added ~ ' rows as snapshot ' ~ staged.id}) -%}
{% endmacro %}
