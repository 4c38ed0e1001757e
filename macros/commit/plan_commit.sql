{#-
    Pure: what this run of a model will do, decided from the pinned histories alone.

    reads: from plan_reads. lineages: from read_lineages, by model name, the model's own included.
    files: {view: number of new files}. strategy: append or merge.
    Returns {
        'mode': idle | first | range | full, 'write': append | merge | overwrite, 'parent': head of the table or none,
        'decisions': {view: decision}, 'inputs': {input: {'from', 'to'}}, 'refused': [reasons],
        'code': code version of the last commit or none,
    }
-#}
{% macro plan_commit(model_name, strategy, full_refresh, reads, lineages, files) %}
    {%- set parent = lineages[model_name].head -%}
    {%- set checkpoint = find_checkpoint(list_ancestors(lineages[model_name])) -%}
    {%- set document = none if full_refresh else checkpoint.document -%}
    {%- set refused = [] if full_refresh else _refuse_foreign(model_name, checkpoint) -%}
    {%- set decisions, inputs, triggers = {}, {}, [] -%}
    {%- set run = namespace(rebuilt=full_refresh) -%}
    {%- for read in reads -%}
        {%- set decision = _decide_read(read, document, lineages, files) -%}
        {%- do decisions.update({read.view: decision}) -%}
        {%- if decision.kind == 'refused' -%} {%- do refused.append(read.node.name ~ ': ' ~ decision.reason) -%} {%- endif -%}
        {%- if read.kind != 'pinned' and read.since is none -%}
            {%- do triggers.append(decision.kind) -%}
            {%- if read.kind == 'touched' and decision.kind == 'all' -%} {%- set run.rebuilt = true -%} {%- endif -%}
            {%- do inputs.update({read.node.name: {'from': decision['from'], 'to': decision['to']}}) if read.kind != 'files' -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set mode = 'idle' if triggers | reject('equalto', 'nothing') | list | length == 0
        else 'first' if parent is none else 'full' if run.rebuilt else 'range' -%}
    {%- set write = 'overwrite' if mode == 'full' else 'append' if mode == 'first' else strategy -%}
    {%- do return({'mode': mode, 'write': write, 'parent': parent, 'decisions': decisions, 'inputs': inputs, 'refused': refused,
        'code': checkpoint.document.get('code') if checkpoint.document else none}) -%}
{% endmacro %}


{#- One read's decision; `since` reads from another model's checkpoint. -#}
{% macro _decide_read(read, document, lineages, files) %}
    {%- if read.kind == 'files' -%}
        {%- do return({'kind': 'range' if files[read.view] else 'nothing'}) -%}
    {%- endif -%}
    {%- set ancestors = list_ancestors(lineages[read.node.name]) -%}
    {%- if read.kind == 'pinned' -%}
        {%- do return({'kind': 'all', 'to': ancestors[0].id if ancestors else none}) -%}
    {%- endif -%}
    {%- set document = find_checkpoint(list_ancestors(lineages[read.since.name])).document if read.since else document -%}
    {%- set start = (document.inputs.get(read.node.name) or {}).get('to') if document else none -%}
    {%- do return(decide_touched(ancestors, start) if read.kind == 'touched' else decide_range(ancestors, start)) -%}
{% endmacro %}


{#- A table that something else wrote, or that another model writes, has no checkpoint to trust. -#}
{% macro _refuse_foreign(model_name, checkpoint) %}
    {%- set refused = [] -%}
    {%- if checkpoint.foreign -%}
        {%- set last = checkpoint.foreign[0] -%}
        {%- do refused.append('its table was changed by something else (snapshot ' ~ last.id ~ ', ' ~ last.operation ~ ', ' ~ last.committed_at ~ '); roll it back to before that, or rebuild it') -%}
    {%- endif -%}
    {%- if checkpoint.document and checkpoint.document.model != model_name -%}
        {%- do refused.append('its table is written by the model ' ~ checkpoint.document.model ~ '; give one of them another name') -%}
    {%- endif -%}
    {%- do return(refused) -%}
{% endmacro %}
