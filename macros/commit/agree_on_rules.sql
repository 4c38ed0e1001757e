{#-
    Pure: whether a model and those that split rows with it judge each row alike, and how it comes to that:
    {'kept': what its next commit says of it, 'replay': what it has to read again or none, 'refused': [reasons],
    'mend': build or redrive, where that resolves those; else none}.

    Only rejected rows can be taken back, so only the model that keeps them goes back by itself: to where rules began to differ, or, once
    another was rebuilt without rows that a redrive had moved, to the beginning. A model that applied rows under other rules, ahead of it, can
    not: what these rows replaced is gone. A redrive judges no range, so it leaves the rules as they were noted.

    rules: from rules_of. document: the own checkpoint, none where all is read anew. replay: what a user wants read again, or none.
-#}
{% macro agree_on_rules(rules, document, lineages, replay) %}
    {%- if not rules -%} {%- do return({'kept': {}, 'replay': none, 'refused': [], 'mend': none}) -%} {%- endif -%}
    {%- set documents, ancestors = {}, {} -%}
    {%- for name in rules.siblings if name in lineages -%} {%- do documents.update({name: find_checkpoint(list_ancestors(lineages[name])).document}) -%} {%- endfor -%}
    {%- for input in (document.inputs if document else {}) if input in lineages -%} {%- do ancestors.update({input: list_ancestors(lineages[input])}) -%} {%- endfor -%}
    {%- set held = {} -%}
    {%- for name in ['rules', 'redriven', 'rebuilt'] -%} {%- do held.update({name: (document or {}).get(name) or ''}) -%} {%- endfor -%}
    {%- if replay and replay.get('rejected') -%} {%- do return({'kept': dict(held, redriven=replay.redriven), 'replay': none, 'refused': [], 'mend': none}) -%} {%- endif -%}
    {%- set settled = settle_rules(rules.version, document, documents.values() | list, ancestors) -%}
    {%- set kept = dict(held, rules=settled.rules) -%}
    {%- set found = {'kept': kept, 'replay': none, 'refused': [], 'mend': none} -%}
    {%- set moved = (documents.get(rules.keeper) or {}).get('redriven') or '' if rules.keeper else '' -%}
    {%- if rules.is_keeper and held.redriven and documents.values() | select | map(attribute='rebuilt', default='') | select('gt', held.redriven) | list -%}
        {%- do settled.update({'rewind': dict.fromkeys(document.inputs, 'all')}) -%}
        {%- do kept.update({'redriven': ''}) -%}
    {%- endif -%}
    {%- if settled.rewind and replay -%}
        {%- do found.refused.append('its rules were changed while it and ' ~ rules.siblings | join(', ') ~ ' stood at different checkpoints; build them once before anything is read again') -%}
        {%- do found.update({'mend': 'build'}) -%}
    {%- elif settled.rewind and rules.is_keeper -%} {%- do found.update({'replay': {'from': settled.rewind}}) -%}
    {%- elif settled.rewind -%}
        {%- do found.refused.append('it applied rows under other rules than those which ' ~ rules.siblings | join(', ') ~ ' judges them by') -%}
    {%- elif document and moved > [held.redriven, held.rebuilt] | max -%}
        {%- do found.refused.append('it was rolled back to before rejected rows were moved into it (' ~ moved ~ ')') -%}
        {%- do found.update({'mend': 'redrive'}) -%}
    {%- endif -%}
    {%- do return(found) -%}
{% endmacro %}
