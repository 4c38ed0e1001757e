{#-
    Change rows of a model's table without moving its checkpoint: one staged commit with a copy of the checkpoint, published by
    compare-and-swap, as a run does it. A change by any other way would be foreign, and the model would refuse to go on.

    mode: what the commit is for, kept in its document. change: the rest of `merge into <table> as held`. redriven: time of the redrive that it
    notes. (A `delete from` that drops
    whole files is committed by Iceberg at once, whatever `spark.wap.id` says.)
-#}
{% macro amend_table(node, mode, change, redriven=none) %}
    {%- set relation = relation_of(node) -%}
    {%- set lineage = read_lineages({node.name: relation})[node.name] -%}
    {%- set checkpoint = find_checkpoint(list_ancestors(lineage)) -%}
    {%- if checkpoint.foreign or not checkpoint.document or checkpoint.document.model != node.name -%}
        {{ exceptions.raise_compiler_error(relation ~ ' was changed by something else than ' ~ node.name ~ '. Nothing was changed. Run the model, and do what it says') }}
    {%- endif -%}
    {%- set attempt = modules.datetime.datetime.now(modules.pytz.utc).strftime('%Y%m%dT%H%M%S%f') ~ '_' ~ invocation_id[:8] -%}
    {%- set document = checkpoint_document(node.name, checkpoint.document.get('code'), attempt, mode, unmoved_inputs(checkpoint.document),
        dict(checkpoint.document, redriven=redriven or checkpoint.document.get('redriven'))) -%}
    {%- do check_session(node.name, relation) -%}
    {%- do run_statement('set spark.wap.id = ' ~ document) -%}
    {%- set error = adapter.try_execute('merge into ' ~ relation ~ ' as held ' ~ change) -%}
    {%- set left = adapter.try_execute('reset spark.wap.id') -%}
    {%- if error or left -%} {{ exceptions.raise_compiler_error(node.name ~ ': ' ~ (lost_race(relation) if error and is_lost_commit(error) else error or left)) }} {%- endif -%}
    {%- set staged = run_query("select cast(snapshot_id as string) as id, cast(parent_id as string) as parent from " ~ relation
        ~ ".snapshots where summary['wap.id'] = " ~ text_literal(document)) -%}
    {%- if staged | length != 1 or staged[0]['parent'] != lineage.head -%}
        {{ exceptions.raise_compiler_error('another run committed to ' ~ relation ~ ' meanwhile; nothing was published. Run the same command again') }}
    {%- endif -%}
    {%- if publish_snapshot(relation, {'id': staged[0]['id'], 'attempt': attempt}, lineage.head) -%}
        {{ exceptions.raise_compiler_error(lost_race(relation)) }}
    {%- endif -%}
{% endmacro %}


{#- Pure: the inputs of a document, each as consumed as it was and no further. -#}
{% macro unmoved_inputs(document) %}
    {%- set inputs = {} -%}
    {%- for input, read in document.inputs.items() -%} {%- do inputs.update({input: {'from': read['to'], 'to': read['to']}}) -%} {%- endfor -%}
    {%- do return(inputs) -%}
{% endmacro %}
