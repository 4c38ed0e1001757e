{#-
    Pure: what this run of a model will do, decided from the pinned histories alone.

    reads: from plan_reads. lineages: from read_lineages, by model name, the model's own included.
    files: {view: number of new files}. strategy: append or merge. replay: see rewind_checkpoint. rules: from rules_of.
    Returns {
        'mode': idle | first | range | full, 'write': append | merge | overwrite, 'parent': head of the table or none,
        'decisions': {view: decision}, 'inputs': {input: {'from', 'to'}}, 'refused': [reasons],
        'code': code version of the last commit or none, 'replay': replay, 'lost': [inputs whose history broke],
        'roll_back_to': the snapshot before something else wrote, or none, 'kept': for checkpoint_document,
        'is_judged_again': rows are read again of which some may not belong to the table any more, 'mend': see agree_on_rules,
    }
-#}
{% macro plan_commit(model_name, strategy, full_refresh, reads, lineages, files, replay=none, rules=none) %}
    {%- set parent = lineages[model_name].head -%}
    {%- set checkpoint = find_checkpoint(list_ancestors(lineages[model_name])) -%}
    {%- set refused = [] if full_refresh else _refuse_foreign(model_name, checkpoint) -%}
    {%- if strategy == 'append' and not full_refresh and not files and parent and not checkpoint.document and not checkpoint.foreign -%}
        {%- do refused.append('the commit that carried its checkpoint was expired, so it would append all of its input once more') -%}
    {%- endif -%}
    {%- set agreed = agree_on_rules(rules, none if full_refresh else checkpoint.document, lineages, replay) -%}
    {%- do refused.extend(agreed.refused) -%}
    {%- set again = replay or agreed.replay -%}
    {%- set ancestors = {} -%}
    {%- for name, lineage in lineages.items() if again -%} {%- do ancestors.update({name: list_ancestors(lineage)}) -%} {%- endfor -%}
    {%- do refused.extend(refuse_replay(again, strategy, checkpoint.document, ancestors)) -%}
    {%- set decisions = _decide_reads(reads, none if full_refresh else rewind_checkpoint(checkpoint.document, again), lineages, files) -%}
    {%- set rebuilt = full_refresh or _is_rebuilt(reads, decisions) -%}
    {%- if rebuilt -%} {%- set decisions = _decide_reads(reads, none, lineages, files) -%} {%- endif -%}
    {%- set inputs, triggers, lost = {}, [], [] -%}
    {%- for read in reads -%}
        {%- set decision = decisions[read.view] -%}
        {%- if decision.kind == 'refused' and not (again and refused) -%}
            {%- do refused.append(read.node.name ~ ': ' ~ decision.reason) -%} {%- do lost.append(read.node.name) -%}
        {%- endif -%}
        {%- if is_trigger(read) -%}
            {%- do triggers.append(decision.kind) -%}
            {%- if read.kind != 'files' -%} {%- do inputs.update({read.node.name: {'from': decision['from'], 'to': decision['to']}}) -%} {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set is_idle = not triggers | reject('equalto', 'nothing') | list -%}
    {%- set mode = 'idle' if is_idle else 'first' if parent is none else 'full' if rebuilt else 'range' -%}
    {%- set write = 'overwrite' if mode == 'full' else 'append' if mode == 'first' else strategy -%}
    {%- do return({'mode': mode, 'write': write, 'parent': parent, 'decisions': decisions, 'inputs': inputs, 'refused': refused,
        'lost': lost, 'replay': replay, 'kept': agreed.kept, 'mend': agreed.mend, 'is_judged_again': agreed.replay is not none, 'roll_back_to': checkpoint.foreign[-1].parent if checkpoint.foreign else none, 'code': checkpoint.document.get('code') if checkpoint.document else none}) -%}
{% endmacro %}


{#- Pure: news in this input makes the model run. A pinned input, or one read since another model's checkpoint, does not. -#}
{% macro is_trigger(read) %}
    {%- do return(read.kind != 'pinned' and read.since is none) -%}
{% endmacro %}


{#- Some touched input can only be read whole; then the table is overwritten, so everything has to be read whole. -#}
{% macro _is_rebuilt(reads, decisions) %}
    {%- for read in reads if read.kind == 'touched' and decisions[read.view].kind == 'all' -%} {%- do return(true) -%} {%- endfor -%}
    {%- do return(false) -%}
{% endmacro %}


{#- {view: decision} for all reads. -#}
{% macro _decide_reads(reads, document, lineages, files) %}
    {%- set decisions = {} -%}
    {%- for read in reads -%} {%- do decisions.update({read.view: _decide_read(read, document, lineages, files)}) -%} {%- endfor -%}
    {%- do return(decisions) -%}
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
    {%- if read.since -%}
        {#- a replay reads old rows again, so it looks at all that the other model ever saw, even what it has forgotten since -#}
        {%- set document = none if document and document.is_replay else find_checkpoint(list_ancestors(lineages[read.since.name])).document -%}
    {%- endif -%}
    {%- set consumed = document.inputs.get(read.node.name) or {} if document else {} -%}
    {%- set start = consumed.get('to') -%}
    {%- if read.kind == 'new' -%}
        {%- do return(decide_range(list_ancestors(dict(lineages[read.node.name], head=consumed.until)) if consumed.until else ancestors, start)) -%}
    {%- endif -%}
    {%- set touched = decide_touched(ancestors, start) -%}
    {%- set is_readable = touched.kind != 'range' or (is_traceable(read.node) and are_ranges_held(touched.ranges, lineages)) -%}
    {%- do return(touched if is_readable else {'kind': 'all', 'from': none, 'to': touched['to']}) -%}
{% endmacro %}


{#- A table that something else wrote, or that another model writes, has no checkpoint to trust. -#}
{% macro _refuse_foreign(model_name, checkpoint) %}
    {%- set refused = [] -%}
    {%- if checkpoint.foreign -%}
        {%- set last = checkpoint.foreign[0] -%}
        {%- do refused.append('its table was changed by something else (snapshot ' ~ last.id ~ ', ' ~ last.operation ~ ', ' ~ last.committed_at ~ '); roll it back to the snapshot before that') -%}
    {%- endif -%}
    {%- if checkpoint.document and checkpoint.document.model != model_name -%}
        {%- do refused.append('its table is written by the model ' ~ checkpoint.document.model ~ '; give one of them another name') -%}
    {%- endif -%}
    {%- do return(refused) -%}
{% endmacro %}
