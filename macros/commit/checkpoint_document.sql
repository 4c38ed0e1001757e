{#-
    The document a commit carries in its snapshot summary (`wap.id`): who wrote it, and which part of each input it has
    consumed. It is the checkpoint: it moves with the data because it is in the same commit.

    inputs: {input name: {'from': snapshot id or none, 'to': snapshot id}}; `from` none means read from the beginning.
    mode: first, range or full, or what amend_table was called for. code: what wrote it (code_version). attempt: unique to this try, so that a staged
    snapshot can be told from any other. kept: what every commit hands on: {'rules': see settle_rules, 'redriven': time of the last redrive
    in it, 'rebuilt': when all of it was read anew}.
-#}
{% macro checkpoint_document(model_name, code, attempt, mode, inputs, kept={}) %}
    {%- set document = {
        'medallion': 1, 'model': model_name, 'code': code, 'run': invocation_id, 'attempt': attempt, 'mode': mode, 'inputs': inputs,
    } -%}
    {%- for name in ['rules', 'redriven', 'rebuilt'] if kept.get(name) -%} {%- do document.update({name: kept[name]}) -%} {%- endfor -%}
    {%- do return(tojson(document, sort_keys=true)) -%}
{% endmacro %}


{#- Pure: the document in a wap.id, or none when there is none or another tool wrote it. -#}
{% macro parse_checkpoint(wap_id) %}
    {%- set document = fromjson(wap_id, none) if wap_id and wap_id.startswith('{') else none -%}
    {%- do return(document if document is mapping and document.get('medallion') == 1 else none) -%}
{% endmacro %}


{#-
    Identifies a model's query, contract and layout. While it is the one in the checkpoint, the query is known to fit the contract
    and the contract the table, so a run need not ask Spark about either.
-#}
{% macro code_version(sql, node) %}
    {%- do return(local_md5(sql ~ tojson(contract_columns(node)) ~ node.description)) -%}
{% endmacro %}
