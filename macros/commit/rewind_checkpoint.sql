{#-
    Pure: the checkpoint as a replay wants it: each input it names counts as consumed only up to an earlier snapshot, `all` means
    not at all. What is read again changes nothing that is newer, so a replay is safe for a table that is merged.

    replay: {'from': {input: snapshot id or 'all'}, 'rejected': model or none}, from the var `replay` (docs/operations.md), or none.
    A replay of rejected rows only ends where the checkpoint is (`until`): it reads some rows of the range, not the new ones after it.
-#}
{% macro rewind_checkpoint(document, replay) %}
    {%- if not replay or not document -%} {%- do return(document) -%} {%- endif -%}
    {%- set inputs = dict(document.inputs) -%}
    {%- for input, start in replay['from'].items() -%}
        {%- do inputs.update({input: {
            'to': none if start == 'all' else start | string,
            'until': (document.inputs.get(input) or {}).get('to') if replay.get('rejected') else none,
        }}) -%}
    {%- endfor -%}
    {%- do return(dict(document, inputs=inputs, is_replay=true)) -%}
{% endmacro %}


{#-
    Pure: why a replay would double rows, or skip some; an empty list when it is safe.

    ancestors: {input: its ancestors, newest first}
-#}
{% macro refuse_replay(replay, strategy, document, ancestors) %}
    {%- set refused = [] -%}
    {%- if replay and strategy == 'append' -%}
        {%- do refused.append('it only appends, so a range that is read again would be in it twice; only a table that is merged can be replayed') -%}
    {%- endif -%}
    {%- for input, start in (replay['from'] if replay else {}).items() if start != 'all' or replay.get('rejected') -%}
        {%- set end = (document.inputs.get(input) or {}).get('to') if document else none -%}
        {%- set ids = ancestors.get(input, []) | map(attribute='id') | list -%}
        {%- if end not in ids -%}
            {%- do refused.append(input ~ ": this table's checkpoint there is not in its history, so only `--from all` is sure to skip nothing") -%}
        {%- elif start != 'all' and start | string not in ids[ids.index(end):] -%}
            {%- do refused.append(input ~ ': snapshot ' ~ start ~ ' is not in its history up to the checkpoint ' ~ end ~ ', so rows could be skipped; name one that is, or `all`') -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(refused) -%}
{% endmacro %}
