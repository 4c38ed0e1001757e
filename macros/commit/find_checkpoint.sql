{#-
    Pure: the checkpoint of a table, from its ancestors (newest first).

    Returns {'document': the newest one on main or none, 'foreign': snapshots newer than it that changed data without carrying
    one}. Compaction (`replace`) changes no data and is walked past.
-#}
{% macro find_checkpoint(ancestors) %}
    {%- set found = namespace(document=none) -%}
    {%- set foreign = [] -%}
    {%- for snapshot in ancestors if found.document is none -%}
        {%- set found.document = parse_checkpoint(snapshot.wap_id) -%}
        {%- if found.document is none and snapshot.operation != 'replace' -%}
            {%- do foreign.append(snapshot) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return({'document': found.document, 'foreign': foreign}) -%}
{% endmacro %}
