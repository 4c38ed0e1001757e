{#-
    Pure: what to read of an append-only input. Anything that would make Iceberg's incremental read skip rows is refused.

    ancestors: of the input, newest first. start: the snapshot consumed up to, or none.
    Returns {'kind': nothing | all | range | refused, 'from', 'to', 'reason'}. Worked examples, history A <- B <- C (head):
        start none -> all up to C        start C -> nothing            start A -> range (A, C]
        start X (rolled back, expired) -> refused                      start A, B an overwrite -> refused
-#}
{% macro decide_range(ancestors, start) %}
    {%- set head = ancestors[0].id if ancestors else none -%}
    {%- if head == start -%}
        {%- do return({'kind': 'nothing', 'from': start, 'to': head}) -%}
    {%- elif start is none -%}
        {%- do return({'kind': 'all', 'from': none, 'to': head}) -%}
    {%- elif start not in ancestors | map(attribute='id') | list -%}
        {%- do return({'kind': 'refused', 'from': start, 'to': head, 'reason':
            'snapshot ' ~ start ~ ', which was consumed last, is no longer in its history (rolled back, expired or replaced)'}) -%}
    {%- endif -%}
    {%- set newer = snapshots_since(ancestors, start) -%}
    {%- set rewritten = newer | rejectattr('operation', 'in', ['append', 'replace']) | list -%}
    {%- if rewritten -%}
        {%- do return({'kind': 'refused', 'from': start, 'to': head, 'reason':
            'snapshot ' ~ rewritten[0].id ~ ' (' ~ rewritten[0].operation ~ ') changed rows that were consumed already'}) -%}
    {%- elif not newer | selectattr('operation', 'equalto', 'append') | list -%}
        {%- do return({'kind': 'nothing', 'from': start, 'to': head}) -%}
    {%- endif -%}
    {%- do return({'kind': 'range', 'from': start, 'to': head}) -%}
{% endmacro %}
