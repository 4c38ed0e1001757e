{#- Pure: a null-safe equality of two aliases over columns. -#}
{% macro equal_columns(left, right, columns) -%}
    {%- for column in columns -%}
        {{ left }}.{{ column }} <=> {{ right }}.{{ column }}{{ ' and ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}
