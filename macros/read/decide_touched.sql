{#-
    Pure: which keys of a keyed table may have changed since `start`.

    The commits of a keyed table say which range of their own inputs they read. A key can only have changed if a row with it
    was in one of those ranges, so the ranges bound the change, whatever the merge did: insert, update, delete or nothing.
    Returns {'kind': nothing | all | range, 'from', 'to', 'ranges': {input: [{'from', 'to'}]}}; `all` whenever a commit says
    anything else than a range: a full refresh, files read, a rollback past `start`, a write by another tool.
-#}
{% macro decide_touched(ancestors, start) %}
    {%- set head = ancestors[0].id if ancestors else none -%}
    {%- set everything = {'kind': 'all', 'from': none, 'to': head} -%}
    {%- if head == start -%}
        {%- do return({'kind': 'nothing', 'from': start, 'to': head}) -%}
    {%- elif start is none or start not in ancestors | map(attribute='id') | list -%}
        {%- do return(everything) -%}
    {%- endif -%}
    {%- set ranges = {} -%}
    {%- for snapshot in snapshots_since(ancestors, start) | reverse if snapshot.operation != 'replace' -%}
        {%- set document = parse_checkpoint(snapshot.wap_id) -%}
        {%- if document is none or document.mode != 'range' or not document.inputs -%} {%- do return(everything) -%} {%- endif -%}
        {%- for input, read in document.inputs.items() -%}
            {%- if read['from'] is none -%} {%- do return(everything) -%} {%- endif -%}
            {%- set known = ranges.setdefault(input, []) -%}
            {%- if known and known[-1]['to'] == read['from'] -%} {%- do known[-1].update({'to': read['to']}) -%}
            {%- elif read['from'] != read['to'] -%} {%- do known.append({'from': read['from'], 'to': read['to']}) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if not ranges -%} {%- do return({'kind': 'nothing', 'from': start, 'to': head}) -%} {%- endif -%}
    {%- do return({'kind': 'range', 'from': start, 'to': head, 'ranges': ranges}) -%}
{% endmacro %}


{#-
    Pure: the ranges can still be read: their snapshots, from end to start, are in the input's history, rolled back or not. An input
    whose history was not read is taken to hold them.
-#}
{% macro are_ranges_held(ranges, lineages) %}
    {%- for input, parts in ranges.items() if input in lineages -%}
        {%- for range in parts -%}
            {%- set line = list_ancestors(dict(lineages[input], head=range['to'])) | map(attribute='id') | list -%}
            {%- if range['from'] not in line -%} {%- do return(false) -%} {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do return(true) -%}
{% endmacro %}
