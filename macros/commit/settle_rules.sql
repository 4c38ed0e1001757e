{#-
    Pure: since where a model's rows were judged by the present rules, and how far it has to go back so that this agrees with the models
    that split the same rows with it. A row that one of them judged by the old rules and another by the new would be in neither, or in both.

    version: of the rules now. document: the own checkpoint, none where all is read anew. siblings: the others' checkpoints, none of
    one that has no commit yet.     ancestors: {input: snapshot ids, newest first}. Returns {
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
            {%- set ids = ancestors.get(input, []) -%}
            {%- if _age(place, ids) > _age(start[input], ids) -%}
                {%- do start.update({input: place}) -%}
                {%- do rewind.update({input: place if place in ids else 'all'}) -%}
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


{#- How old a snapshot is among an input's; the beginning, or one that is gone, is older than all. -#}
{% macro _age(place, ids) %}
    {%- do return(ids.index(place) if place in ids else ids | length) -%}
{% endmacro %}
