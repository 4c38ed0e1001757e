{#-
    Pure: since where a model's rows were judged by the present rules, and how far it has to go back so that this agrees with the models
    that split the same rows with it. A row that one of them judged by the old rules and another by the new would be in neither, or in both.

    version: of the rules now. document: the own checkpoint, none where all is read anew. siblings: the others' checkpoints, none of
    one that has no commit yet. ancestors: {input: its snapshots, newest first}. Returns {
        'rules': {'version', 'from': {input: snapshot; without it, the beginning}},
        'rewind': {input: snapshot or 'all'}, empty when it need not go back,
    }
    Worked examples, history A <- B <- C (head), rules just changed:
        all stand at B -> from B, no rewind            it stands at B, a sibling at A -> from A, rewind to A
        it stands at A, a sibling at B -> from A, no rewind; the sibling goes back when it runs
-#}
{% macro settle_rules(version, document, siblings, ancestors) %}
    {%- if not document -%} {%- do return({'rules': {'version': version, 'from': {}}, 'rewind': {}}) -%} {%- endif -%}
    {%- set start, rewind, began = _judged_from(document, version), {}, {} -%}
    {%- for sibling in siblings if not sibling or sibling.get('rules') != document.get('rules') or document.get('rules', {}).get('version') != version -%}
        {%- set theirs = _judged_from(sibling, version) if sibling else dict.fromkeys(start) -%}
        {%- for input, place in theirs.items() if input in start -%}
            {%- set snapshots = ancestors.get(input, []) -%}
            {%- if _age(place, snapshots) > _age(start[input], snapshots) -%}
                {%- do start.update({input: place}) -%}
                {%- do rewind.update({input: place if place in snapshots | map(attribute='id') | list else 'all'}) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for input, place in start.items() if place -%} {%- do began.update({input: place}) -%} {%- endfor -%}
    {%- do return({'rules': {'version': version, 'from': began}, 'rewind': rewind}) -%}
{% endmacro %}


{#- Where these rules began, or for other rules begin now: after what was consumed. -#}
{% macro _judged_from(document, version) %}
    {%- set rules, places = document.get('rules') or {}, {} -%}
    {%- for input, read in document.inputs.items() -%}
        {%- do places.update({input: rules['from'].get(input) if rules.get('version') == version else read['to']}) -%}
    {%- endfor -%}
    {%- do return(places) -%}
{% endmacro %}


{#-
    How old a snapshot is: how many with rows are newer. A compaction has the place of the snapshot before it. The beginning, or a snapshot that
    is gone, is older than all.
-#}
{% macro _age(place, snapshots) %}
    {%- set ids = snapshots | map(attribute='id') | list -%}
    {%- if place not in ids -%} {%- do return(ids | length + 1) -%} {%- endif -%}
    {%- do return(snapshots[:ids.index(place)] | rejectattr('operation', 'equalto', 'replace') | list | length) -%}
{% endmacro %}
