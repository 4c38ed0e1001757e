{#- Pure: a column's name, unless it is the one that a malformed line is kept under: that one gets a `_`, and so on. -#}
{% macro unreserved(name) -%}
    {{- name ~ '_' if modules.re.match('(?i)_malformed_*$', name) else name -}}
{%- endmacro %}
