{#-
    Pure: whether a model and those that split rows with it judge each row alike, and how it comes to that:
    {'kept': what its next commit says of it, 'replay': what it has to read again or none, 'refused': [reasons],
    'mend': build or redrive, where that resolves those; else none}.

    Only rejected rows can be taken back, so only the model that keeps them goes back by itself. A model that applied rows under other rules,
    ahead of it, can not: what these rows replaced is gone. rules: from rules_of. document: the own checkpoint, none where all is read anew.
-#}
{% macro agree_on_rules(rules, document, lineages, replay) %}
    {%- if not rules -%} {%- do return({'kept': {}, 'replay': none, 'refused': [], 'mend': none}) -%} {%- endif -%}
    {%- set documents, ancestors, state = {}, {}, {'replay': none, 'refused': [], 'mend': none} -%}
    {%- for name in rules.siblings if name in lineages -%} {%- do documents.update({name: find_checkpoint(list_ancestors(lineages[name])).document}) -%} {%- endfor -%}
    {%- for input in (document.inputs if document else {}) if input in lineages -%} {%- do ancestors.update({input: list_ancestors(lineages[input]) | map(attribute='id') | list}) -%} {%- endfor -%}
    {%- set settled = settle_rules(rules.version, document, documents.values() | list, ancestors) -%}
    {%- if settled.rewind and replay -%}
        {%- do state.refused.append('its rules were changed while it and ' ~ rules.siblings | join(', ') ~ ' stood at different checkpoints; build them once before anything is read again') -%}
        {%- do state.update({'mend': 'build'}) -%}
    {%- elif settled.rewind and rules.is_keeper -%} {%- do state.update({'replay': {'from': settled.rewind}}) -%}
    {%- elif settled.rewind -%}
        {%- do state.refused.append('it applied rows under other rules than those which ' ~ rules.siblings | join(', ') ~ ' judges them by') -%}
    {%- endif -%}
    {%- set held, moved = (document or {}).get('redriven') or '', ((documents.get(rules.keeper) or {}).get('redriven') or '') if rules.keeper else '' -%}
    {%- set is_redrive = replay and replay.get('rejected') -%}
    {%- if document and moved > held and not is_redrive -%}
        {%- do state.refused.append('it was rolled back to before rejected rows were moved into it (' ~ moved ~ ')') -%}
        {%- do state.update({'mend': 'redrive'}) -%}
    {%- endif -%}
    {%- do return(dict(state, kept={'rules': settled.rules, 'redriven': replay.get('redriven') if is_redrive else [held, moved] | max})) -%}
{% endmacro %}
