{#- A SQL string literal. Names and values are data: nothing in them can end the literal. -#}
{% macro text_literal(value) -%}
    '{{ value | string | replace("\\", "\\\\") | replace("'", "\\'") }}'
{%- endmacro %}
