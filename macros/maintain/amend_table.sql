{#-
    Change rows of a model's table without moving its checkpoint: one staged commit with a copy of the checkpoint, published by
    compare-and-swap, as a run does it. A change by any other way would be foreign, and the model would refuse to go on.

    mode: what the commit is for, kept in its document. change: the rest of `merge into <table> as held`. redriven: time of the redrive that
    it notes. (A `delete from` that drops whole files is committed by Iceberg at once, whatever `spark.wap.id` says.)
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
    {%- set staged = write_staged(node.name, relation, document, lineage.head, 'merge into ' ~ relation ~ ' as held ' ~ change) -%}
    {%- if staged.lost or publish_snapshot(relation, {'id': staged.id, 'attempt': attempt}, lineage.head) -%}
        {{ exceptions.raise_compiler_error(lost_race(relation)) }}
    {%- endif -%}
{% endmacro %}


{#- Pure: the inputs of a document, each as consumed as it was and no further. -#}
{% macro unmoved_inputs(document) %}
    {%- set inputs = {} -%}
    {%- for input, read in document.inputs.items() -%} {%- do inputs.update({input: {'from': read['to'], 'to': read['to']}}) -%} {%- endfor -%}
    {%- do return(inputs) -%}
{% endmacro %}
