{#- Pure: the snapshots `main` consists of, newest first, as far back as expiry has left them. -#}
{% macro list_ancestors(lineage) %}
    {%- set ancestors = [] -%}
    {%- set at = namespace(id=lineage.head) -%}
    {%- for _ in lineage.snapshots -%}
        {%- if at.id in lineage.snapshots -%}
            {%- do ancestors.append(lineage.snapshots[at.id]) -%}
            {%- set at.id = lineage.snapshots[at.id].parent -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(ancestors) -%}
{% endmacro %}
