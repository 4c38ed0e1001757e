{#- Pure: the ancestors (newest first) that are newer than `start`. -#}
{% macro snapshots_since(ancestors, start) %}
    {%- set ids = ancestors | map(attribute='id') | list -%}
    {%- do return(ancestors[:ids.index(start)] if start in ids else ancestors) -%}
{% endmacro %}
